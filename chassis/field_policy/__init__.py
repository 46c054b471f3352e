"""Access to fields, enforced at the one place that all requests and answers pass: the unit of work."""
