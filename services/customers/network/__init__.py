"""The network of customers: typed, directed, dated relations between organisations and people, and what they tell.

``relations`` keeps them; ``walking`` goes along them from customer to customer, through none that the caller does not
see; ``around`` answers with ego networks, paths, positions and suggestions; ``group`` with the tree of companies.
"""
