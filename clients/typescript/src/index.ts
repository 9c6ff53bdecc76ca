/** The Booon console's API for Booon's platform. */

export * from "./client.js";
export {
  Conflict,
  ConsoleError,
  type FieldError,
  Invalid,
  NotFound,
  RateLimited,
  Refused,
  TooLarge,
  TooLate,
  Unauthorized,
  Unavailable,
  Unreachable,
} from "./errors.js";
export { CONSOLE_VERSION, VERSION } from "./version.js";
export { type GivenHeaders, type Message, NotGenuine, verify } from "./webhooks.js";
export type { components } from "./api.js";
