"""Orders: taken in, pushed, looked up when in doubt, given their AWB, manifested."""
