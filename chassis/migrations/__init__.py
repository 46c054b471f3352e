"""Alembic migrations: those of the chassis' own tables, and the one environment that all services share."""
