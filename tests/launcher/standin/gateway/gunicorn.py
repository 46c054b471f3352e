"""gunicorn's settings for the stand-in of the gateway."""

import os

bind = f"{os.environ['GATEWAY_HOST']}:{os.environ['GATEWAY_PORT']}"
workers = 1
