"""Why somebody can or cannot see or change something: what his roles say, and what a record's service says of it."""
