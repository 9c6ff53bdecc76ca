"""Why something does not move on, what that means, and the one next step."""
