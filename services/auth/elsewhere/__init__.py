"""Logging in with an account that people have elsewhere: OpenID Connect, and a seam for ways that are not."""
