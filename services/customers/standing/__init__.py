"""How a customer stands: its grade and its stage of life, each change with its reason."""
