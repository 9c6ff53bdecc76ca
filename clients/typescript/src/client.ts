/** One method for each call of the API; and the feed, followed for as long as one likes. */

import type { components } from "./api.js";
import type { Change, ChangePage } from "./changes.js";
import { RateLimited, Unavailable, Unreachable, refusal } from "./errors.js";
import { CONSOLE_VERSION, VERSION } from "./version.js";

export type * from "./changes.js";

type Schemas = components["schemas"];
export type OrderBody = Schemas["OrderBody"];
export type Order = Schemas["OrderAnswer"];
export type NumberedOrder = Schemas["BulkOrderBody"];
export type BulkResult = Schemas["BulkOrderAnswer"];
export type Foreseen = Schemas["ForeseenAnswer"];
export type ShipmentBody = Schemas["GivenShipmentBody"];
export type NumberedShipment = Schemas["BulkShipmentBody"];
export type BulkShipmentResult = Schemas["BulkShipmentAnswer"];
export type ListingBody = Schemas["ListingBody"];
export type Listing = Schemas["ListingAnswer"];
export type Product = Schemas["ProductAnswer"];
export type Seller = Schemas["SellerAnswer"];
export type StockLevel = Schemas["StockAnswer"];

const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);
/** Between tries that failed, in seconds; the last repeats. */
const DELAYS = [0.5, 1, 2, 5, 10, 30];
const LONGEST_RETRY_AFTER = 120;
const KEY = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;
const USER_AGENT = `booon-console-client/${VERSION} (for ${CONSOLE_VERSION}) node/${process.versions.node}`;

type Method = "GET" | "PUT" | "POST" | "DELETE";
type Query = Record<string, string | number | null | undefined>;

export interface Options {
  /** Seconds that the console may be silent. */
  timeout?: number;
  /** How often a GET or a PUT is tried again where no answer came, or a 429 or 5xx. */
  retries?: number;
  /** Waits so many seconds. */
  sleep?: (seconds: number) => Promise<void>;
}

export interface FollowOptions {
  /** Seconds that the console waits for a change. */
  wait?: number;
  limit?: number;
  /** Ends the following, in the middle of a wait too. */
  signal?: AbortSignal;
}

/**
 * The console at an address. What reads, and every PUT, is safe to repeat and is tried again.
 * Nothing else is ever sent twice.
 */
export class Client {
  readonly baseUrl: string;
  readonly timeout: number;
  readonly retries: number;
  readonly #key: string;
  readonly #sleep: (seconds: number) => Promise<void>;

  /** Both may come from the environment as they are: one that is not set is a TypeError. */
  constructor(baseUrl: string | undefined, apiKey: string | undefined, options: Options = {}) {
    if (!isSafe(baseUrl ?? "")) {
      throw new TypeError("The console's address must begin with https:// (http on loopback).");
    }
    if (!KEY.test((apiKey ?? "").trim())) {
      throw new TypeError("The API key is empty, or has characters that no key has.");
    }
    this.baseUrl = (baseUrl ?? "").replace(/\/+$/, "");
    this.#key = (apiKey ?? "").trim();
    this.timeout = options.timeout ?? 30;
    this.retries = options.retries ?? 3;
    this.#sleep = options.sleep ?? pauseFor;
  }

  // Orders

  /**
   * Give an order, or change it while nothing of it can be at EasyEcom: unsent, or refused.
   * Throws Conflict, which says where it is.
   */
  putOrder(seller: string, orderNumber: string, body: OrderBody): Promise<Order> {
    return this.#call("PUT", orderPath(seller, orderNumber), { body });
  }

  /** What giving the order would come to; nothing is kept. Throws what its put would throw. */
  validateOrder(seller: string, orderNumber: string, body: OrderBody): Promise<Foreseen> {
    return this.#call("POST", `${orderPath(seller, orderNumber)}validate/`, { body });
  }

  /**
   * Give up to 500 orders. Each has a result of its own, in the same sequence.
   * Sent once: after an error it is safe to repeat, for the same orders stay the same.
   */
  async putOrders(orders: NumberedOrder[]): Promise<BulkResult[]> {
    const body = { orders };
    return (await this.#call<Schemas["BulkAnswer"]>("POST", "orders/bulk/", { body })).results;
  }

  getOrder(seller: string, orderNumber: string): Promise<Order> {
    return this.#call("GET", orderPath(seller, orderNumber));
  }

  /** Withdraw an order of which nothing can be at EasyEcom. Throws Conflict. */
  withdrawOrder(seller: string, orderNumber: string): Promise<Order> {
    return this.#call("DELETE", orderPath(seller, orderNumber));
  }

  /** Give an order its courier and AWB number. */
  putShipment(seller: string, orderNumber: string, body: ShipmentBody): Promise<Order> {
    return this.#call("PUT", `${orderPath(seller, orderNumber)}shipment/`, { body });
  }

  /**
   * Give up to 500 orders their courier and AWB number, each with a result of its own.
   * Sent once: after an error it is safe to repeat, for the same details change nothing.
   */
  async putShipments(shipments: NumberedShipment[]): Promise<BulkShipmentResult[]> {
    const body = { shipments };
    const path = "shipments/bulk/";
    return (await this.#call<Schemas["BulkShipmentsAnswer"]>("POST", path, { body })).results;
  }

  /** The order, once it has shipment details. Throws NotFound before. */
  getShipment(seller: string, orderNumber: string): Promise<Order> {
    return this.#call("GET", `${orderPath(seller, orderNumber)}shipment/`);
  }

  /** Those updated longest ago first. One updated meanwhile may come twice. */
  orders(
    filter: { seller?: string; stage?: string; blockedReason?: string; updatedAfter?: string } = {},
  ): AsyncGenerator<Order> {
    return this.#rows("orders/", {
      seller: filter.seller,
      stage: filter.stage,
      blocked_reason: filter.blockedReason,
      updated_after: filter.updatedAfter,
    });
  }

  // Sellers, catalog and stock

  /** With each location's health. */
  sellers(filter: { seller?: string } = {}): AsyncGenerator<Seller> {
    return this.#rows("sellers/", filter);
  }

  putListing(seller: string, sku: string, body: ListingBody): Promise<Listing> {
    return this.#call("PUT", listingsPath(seller), { query: { sku }, body });
  }

  getListing(seller: string, sku: string): Promise<Listing> {
    return this.#call("GET", listingsPath(seller), { query: { sku } });
  }

  deleteListing(seller: string, sku: string): Promise<null> {
    return this.#call("DELETE", listingsPath(seller), { query: { sku } });
  }

  listings(filter: { seller?: string; updatedAfter?: string } = {}): AsyncGenerator<Listing> {
    return this.#rows("listings/", { seller: filter.seller, updated_after: filter.updatedAfter });
  }

  products(filter: { seller?: string } = {}): AsyncGenerator<Product> {
    return this.#rows("products/", filter);
  }

  stock(
    filter: { seller?: string; locationKey?: string; sku?: string; updatedAfter?: string } = {},
  ): AsyncGenerator<StockLevel> {
    return this.#rows("stock/", {
      seller: filter.seller,
      location_key: filter.locationKey,
      sku: filter.sku,
      updated_after: filter.updatedAfter,
    });
  }

  // The feed

  /** One page. Throws TooLate. */
  changes(after: string | null = null, options: FollowOptions = {}): Promise<ChangePage> {
    const { wait = 0, limit = 500, signal } = options;
    const query = { after, limit, wait };
    return this.#call("GET", "changes/", { query, silence: this.timeout + wait, signal });
  }

  /** Every change after that cursor, for ever. Keep each one's `cursor` with what it did. */
  async *follow(after: string | null = null, options: FollowOptions = {}): AsyncGenerator<Change> {
    for await (const page of this.followPages(after, options)) {
      yield* page.results;
    }
  }

  /**
   * Like `follow`, page by page: apply one and keep its `cursor` in one transaction.
   *
   * A page may be empty where only its cursor went on. Trouble that passes is waited out; throws
   * TooLate, and what no waiting mends.
   */
  async *followPages(
    after: string | null = null,
    options: FollowOptions = {},
  ): AsyncGenerator<ChangePage> {
    const { wait = 20, signal } = options;
    for (let failures = 0; !signal?.aborted; ) {
      const began = performance.now();
      let page: ChangePage;
      try {
        page = await this.changes(after, { ...options, wait });
      } catch (problem) {
        if (!passes(problem) || signal?.aborted) {
          if (signal?.aborted) return;
          throw problem;
        }
        await this.#sleep(pause(problem, failures));
        failures += 1;
        continue;
      }
      failures = 0;
      if (page.results.length > 0 || page.cursor !== after) {
        after = page.cursor;
        yield page;
      } else if (performance.now() - began < 1000) {
        // Too many readers wait, or nobody was asked to.
        await this.#sleep(1);
      }
    }
  }

  async *#rows<Row>(path: string, query: Query): AsyncGenerator<Row> {
    let asked: Query = { ...query, limit: 500 };
    for (;;) {
      const page: { results: Row[]; next: string | null } = await this.#call("GET", path, {
        query: asked,
      });
      yield* page.results;
      if (page.next === null) return;
      // Its query only: the key goes to no other address than ours.
      asked = Object.fromEntries(new URL(page.next, this.baseUrl).searchParams);
    }
  }

  async #call<Answer>(method: Method, path: string, request: Request = {}): Promise<Answer> {
    const tries = 1 + (method === "GET" || method === "PUT" ? this.retries : 0);
    for (let failures = 0; ; failures += 1) {
      try {
        return (await this.#exchange(method, path, request)) as Answer;
      } catch (problem) {
        if (!passes(problem) || failures + 1 >= tries || request.signal?.aborted) throw problem;
        await this.#sleep(pause(problem, failures));
      }
    }
  }

  async #exchange(method: Method, path: string, request: Request): Promise<unknown> {
    const { query = {}, body, silence = this.timeout, signal } = request;
    const url = new URL(`${this.baseUrl}/api/v1/${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
    }
    const sent = body === undefined ? null : JSON.stringify(body, finite);
    const ends = AbortSignal.timeout(silence * 1000);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(url, {
        method,
        headers: {
          Authorization: `Bearer ${this.#key}`,
          "User-Agent": USER_AGENT,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        body: sent,
        redirect: "manual",
        signal: signal === undefined ? ends : AbortSignal.any([ends, signal]),
      });
      text = await answer.text();
    } catch (problem) {
      // Its name only: a cause may hold the request.
      const cause = problem instanceof Error ? problem.name : "unknown";
      throw new Unreachable(`${method} ${path}: no answer (${cause}).`);
    }
    return read(answer, text);
  }
}

/** JSON.stringify would make null of it, which the console takes for a field that is not there. */
function finite(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError(`${name} is no finite number.`);
  }
  return value;
}

interface Request {
  query?: Query;
  body?: unknown;
  /** Seconds. */
  silence?: number;
  signal?: AbortSignal | undefined;
}

/** What the console said. Throws Refused. */
function read(answer: Response, text: string): unknown {
  let body: unknown = null;
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch {
    body = null;
  }
  if (answer.ok && (body !== null || answer.status === 204)) return body;
  const wait = answer.headers.get("Retry-After") ?? "";
  const retryAfter = /^[0-9]+$/.test(wait) ? Number(wait) : undefined;
  throw refusal(answer.status, body, retryAfter, answer.headers.get("X-Request-ID") ?? "");
}

function passes(problem: unknown): problem is Unreachable | RateLimited | Unavailable {
  return (
    problem instanceof Unreachable ||
    problem instanceof RateLimited ||
    problem instanceof Unavailable
  );
}

/** Seconds to wait: as asked, or longer from failure to failure, never all readers at once. */
function pause(problem: Unreachable | RateLimited | Unavailable, failures: number): number {
  const asked = problem instanceof Unreachable ? undefined : problem.retryAfter;
  if (asked !== undefined) return Math.min(asked, LONGEST_RETRY_AFTER);
  const delay = DELAYS[Math.min(failures, DELAYS.length - 1)] ?? 30;
  return delay * (0.75 + Math.random() / 2);
}

function pauseFor(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
}

function orderPath(seller: string, orderNumber: string): string {
  return `sellers/${segment(seller)}/orders/${segment(orderNumber)}/`;
}

/** A SKU may end in a slash, which no server tells from the end of a path: it is in the query. */
function listingsPath(seller: string): string {
  return `sellers/${segment(seller)}/listings/`;
}

/** One step of a path. Throws TypeError where it would lead to another address. */
function segment(name: string): string {
  if (name === "" || name === "." || name === "..") {
    throw new TypeError(`"${name}" can't stand in an address.`);
  }
  return encodeURIComponent(name);
}
