"""Customers that turn out to be one: merged field by field, in all services, and taken apart again if need be."""
