"""The Ed25519 keys that access tokens are signed with: next, active, retiring, gone."""
