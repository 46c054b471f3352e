"""Testing services against real servers: the pytest plugin and a service opened up for tests."""
