"""The audit trail of the whole suite: gathered from all services, chained, signed, searched, watched and reviewed."""
