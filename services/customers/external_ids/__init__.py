"""The ids that customers have in other systems, such as a shop: each belongs to one customer of its system."""
