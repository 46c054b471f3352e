"""When customers go back to their pools: by which rules, with which warnings, and what puts it off."""
