"""Both sides compared: what is asked and when, what was lost, how much levels differed."""
