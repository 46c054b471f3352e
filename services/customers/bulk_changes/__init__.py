"""Changing many customers at once, by filter: as a job that can be rehearsed, and undone like an import."""
