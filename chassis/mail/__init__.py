"""Mail to people: addresses, letters, the settings of who sends, and the conversation with the mail server."""
