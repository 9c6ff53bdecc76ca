"""What Booon is told: the feed, and signed webhooks from the same rows."""
