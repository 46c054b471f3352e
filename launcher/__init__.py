"""Runs the whole suite on one machine for development: its servers, migrations, services and gateway."""
