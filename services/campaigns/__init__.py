"""Marketing campaigns: who is written to, what, when, and who wants no more of it."""
