"""A service that only answers what it is told, hosted as every service is."""
