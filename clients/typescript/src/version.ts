/** Which client this is; CHANGELOG.md says what each one brought. */
export const VERSION = "0.1.0";
/** The console that it was made for. It works with newer ones too. */
export const CONSOLE_VERSION = "0.2.0";
