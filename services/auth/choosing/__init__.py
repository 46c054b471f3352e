"""Choosing a password: which ones are taken, the first one after an invitation, a new one for a forgotten one."""
