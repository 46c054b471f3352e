"""How good the data of a customer is: complete, valid and fresh, by the standard for its kind and stage of life."""
