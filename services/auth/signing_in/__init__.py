"""Coming in with more than a password, and proving once more that it is you."""
