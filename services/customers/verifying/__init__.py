"""Numbers and addresses that are said to have changed, or to which mail came back: somebody has to verify them."""
