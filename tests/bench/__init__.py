"""What the console can carry, beside something that does the same: ratios, never absolute times."""
