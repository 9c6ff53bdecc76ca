"""Why something does not move on, what somebody must be told, and the front page that shows it."""
