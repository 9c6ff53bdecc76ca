"""The pages of a seller's own link: no log-in, in the seller's words and language."""
