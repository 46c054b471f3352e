"""Who is there to be asked when something concerns all."""

SERVICES = ("auth", "campaigns", "customers", "interactions", "tickets")
"""The services of the suite: each has to give a receipt for what was done with a person's data."""
