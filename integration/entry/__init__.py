"""What Booon's platform and staff give us: orders, one or many, and listings."""
