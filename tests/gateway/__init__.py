"""The gateway against a real broker, real gunicorn and small services that speak the wire format."""
