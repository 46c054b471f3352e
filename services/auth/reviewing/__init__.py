"""Access reviews: from time to time each manager confirms, or takes away, what his people may see and do."""
