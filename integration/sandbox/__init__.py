"""A stand-in EasyEcom, read from the wire contract alone: it imports nothing of the console."""
