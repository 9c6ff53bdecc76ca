/** The console's webhooks, signed as Standard Webhooks says: HMAC-SHA256 over id, time and body. */

import { createHmac, timingSafeEqual } from "node:crypto";

import { ConsoleError, isRecord } from "./errors.js";

/** Seconds that a webhook's time may be from ours. */
const TOLERANCE = 300;
const PREFIX = "whsec_";
const SHORTEST_KEY = 24;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Not signed with any of the secrets, or not of this hour: answer 400 and do nothing. */
export class NotGenuine extends ConsoleError {}

/** One webhook. A repeat has the same `id`: apply each id once. */
export interface Message {
  readonly id: string;
  readonly type: string;
  /** The change as the feed has it. */
  readonly data: Record<string, unknown>;
}

export type GivenHeaders = Headers | Record<string, string | string[] | undefined>;

/**
 * What the console said. Throws NotGenuine.
 *
 * `body` is the request's bytes before anybody parsed them; `secrets` are the current one and,
 * during a rotation, the other, each beginning with whsec_. One that is not set (undefined, null,
 * "" or nothing behind whsec_) opens nothing. Throws TypeError where a secret can't be one, or where
 * one stands in the place of the list. `now` is in seconds.
 */
export function verify(
  body: Uint8Array | string,
  headers: GivenHeaders,
  secrets: readonly (string | null | undefined)[],
  { now = Date.now() / 1000 }: { now?: number } = {},
): Message {
  const keys = keysOf(secrets);
  const given = lowerCased(headers);
  const id = given.get("webhook-id") ?? "";
  const moment = given.get("webhook-timestamp") ?? "";
  if (!/^[0-9]{1,12}$/.test(moment)) {
    throw new NotGenuine("The webhook has no usable webhook-timestamp.");
  }
  if (!(Math.abs(now - Number(moment)) <= TOLERANCE)) {
    throw new NotGenuine("The webhook's time is more than five minutes from ours.");
  }
  const bytes = Buffer.from(body as Uint8Array);
  const signed = Buffer.concat([Buffer.from(`${id}.${moment}.`), bytes]);
  const wanted = keys.map((key) => Buffer.from(`v1,${signature(key, signed)}`));
  const shown = (given.get("webhook-signature") ?? "").split(/\s+/).map((one) => Buffer.from(one));
  if (!wanted.some((one) => shown.some((other) => isSame(one, other)))) {
    throw new NotGenuine("The webhook is not signed with a secret of ours.");
  }
  const said: unknown = JSON.parse(bytes.toString("utf8"));
  if (!isRecord(said) || typeof said["type"] !== "string" || !isRecord(said["data"])) {
    throw new NotGenuine("The webhook's body is not one of the console's.");
  }
  return { id, type: said["type"], data: said["data"] };
}

/** The keys of those that are set. */
function keysOf(secrets: readonly (string | null | undefined)[]): Buffer[] {
  if (!Array.isArray(secrets)) {
    throw new TypeError("Give the secrets as a list.");
  }
  return secrets
    .map((secret: string | null | undefined) => (secret ?? "").trim())
    .map((name) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name))
    .filter((text) => text !== "")
    .map(keyOf);
}

/** A short key could be guessed, and an empty one signs for everybody. */
function keyOf(text: string): Buffer {
  const key = BASE64.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0);
  if (key.length < SHORTEST_KEY) {
    throw new TypeError(`A secret is ${PREFIX} and at least ${SHORTEST_KEY} bytes in base64.`);
  }
  return key;
}

function signature(key: Buffer, signed: Buffer): string {
  return createHmac("sha256", key).update(signed).digest("base64");
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function lowerCased(headers: GivenHeaders): Map<string, string> {
  const pairs = headers instanceof Headers ? [...headers] : Object.entries(headers);
  return new Map(
    pairs.map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(" ") : (value ?? ""),
    ]),
  );
}
