"""A seller's way to being live, by form, file or command."""
