"""What customers ask for and complain of: tickets from the first word to the last."""
