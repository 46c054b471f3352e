"""What the house asks of everybody who logs in: a second factor, an end to sessions, a password of one's own."""
