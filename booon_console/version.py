"""Which console this is; CHANGELOG.md says what each version brought.

Between releases it is the next one's number with `.dev0`.
"""

VERSION = "0.2.0.dev0"
