"""Names in the forms in which people type them: what the search index keeps of a name."""
