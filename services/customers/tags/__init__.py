"""Tags: a dictionary of those that the house looks after, the free ones beside it, and how many customers have each.

Customers keep the names of their tags. A tag that was renamed or merged keeps its old names: whoever writes one of them
gives the tag that it has become, and filters that name one find the tag by all of its names.
"""
