"""Coming in with more than a password, or without one, and proving once more that it is you."""
