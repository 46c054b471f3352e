"""Every test may use the real servers of the chassis' plugin."""

pytest_plugins = ["chassis.testing.plugin"]
