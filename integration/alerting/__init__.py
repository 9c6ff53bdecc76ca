"""What somebody has to be told at once, and how it reaches them."""
