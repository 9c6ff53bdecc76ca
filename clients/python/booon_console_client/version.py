"""Which client this is; CHANGELOG.md says what each one brought."""

__version__ = "0.2.0"
# The console that it was made for. It works with newer ones too.
CONSOLE_VERSION = "0.2.0"
