"""Slowing down whoever guesses passwords, without locking out the owner: counted failures and known devices."""
