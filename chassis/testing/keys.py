"""The keys of a test run: all services and gateways of it share them, so that they understand each other."""

import secrets

from chassis.encryption.keyring import Keyring

ENCRYPTION_KEYS = Keyring.generate()
SUITE_KEYS = Keyring.generate()
SECRET_KEY = secrets.token_bytes(32)
