"""API keys: made, listed and revoked by people, shown by programs, looked up by the gateway."""
