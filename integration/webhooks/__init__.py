"""EasyEcom's webhooks: authenticated, stored, then processed."""
