/** What can go wrong, one class for each thing that a caller would do about it. */

/** `field` is dotted, such as "lines.0.quantity"; "" means the whole request. */
export interface FieldError {
  field: string;
  message: string;
}

/** The root of them all. */
export class ConsoleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** No answer came. Whether the request arrived is not known. */
export class Unreachable extends ConsoleError {}

interface Told {
  status: number;
  errors: FieldError[];
  /** Seconds. */
  retryAfter?: number | undefined;
  requestId?: string;
}

/** The console answered, and did not do it. `requestId` names the request in its logs. */
export class Refused extends ConsoleError {
  readonly status: number;
  readonly errors: FieldError[];
  readonly retryAfter: number | undefined;
  readonly requestId: string;

  constructor({ status, errors, retryAfter, requestId = "" }: Told) {
    const told = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message));
    const by = requestId ? ` (request ${requestId})` : "";
    super(`HTTP ${status}. ${told.join("; ")}`.trim() + by);
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }
}

/** 400: each error names the field that is not right. */
export class Invalid extends Refused {}

/** 401 or 403: no such key, a revoked one, or one that may not do this. */
export class Unauthorized extends Refused {}

/** 404: no such seller, order, shipment details or listing. */
export class NotFound extends Refused {}

/** 409: too late for that, or another order has it; the message says which. */
export class Conflict extends Refused {}

/** 413: a body may have 2 MB. */
export class TooLarge extends Refused {}

/** 429: ask again after `retryAfter` seconds. */
export class RateLimited extends Refused {}

/** 5xx: the console's own trouble, which passes. */
export class Unavailable extends Refused {}

/** 410: changes after the cursor are gone. Read the lists, then follow from `cursor`. */
export class TooLate extends Refused {
  readonly oldest: string;
  readonly cursor: string;

  constructor(told: Told, oldest: string, cursor: string) {
    super(told);
    this.oldest = oldest;
    this.cursor = cursor;
  }
}

const CLASSES: Record<number, typeof Refused> = {
  400: Invalid,
  401: Unauthorized,
  403: Unauthorized,
  404: NotFound,
  409: Conflict,
  413: TooLarge,
  429: RateLimited,
};
const PRINTABLE = /^[\x20-\x7e]*$/;
const LONGEST_REQUEST_ID = 64;

/** The error for an answer that is no success, whoever on the way gave it. */
export function refusal(
  status: number,
  body: unknown,
  retryAfter?: number,
  requestId = "",
): Refused {
  const said = isRecord(body) ? body : {};
  const listed: unknown[] = Array.isArray(said["errors"]) ? said["errors"] : [];
  const errors = listed.filter(isRecord).map((each) => ({
    field: String(each["field"] ?? ""),
    message: String(each["message"] ?? ""),
  }));
  const shownId = PRINTABLE.test(requestId) ? requestId.slice(0, LONGEST_REQUEST_ID) : "";
  const told = { status, errors, retryAfter, requestId: shownId };
  if (status === 410 && "cursor" in said) {
    return new TooLate(told, String(said["oldest"]), String(said["cursor"]));
  }
  const kind = CLASSES[status] ?? (status >= 500 ? Unavailable : Refused);
  return new kind(told);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
