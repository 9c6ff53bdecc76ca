"""A stand-in EasyEcom, read from docs/easyecom-contract.md. Imports nothing of the console."""
