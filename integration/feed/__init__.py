"""What Booon is told: the change feed, and signed webhooks from the same rows."""
