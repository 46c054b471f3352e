"""Somebody leaves for good: his account is closed, and each service hands over what he owned there.

``starting`` freezes the account and tells the services; ``progress`` keeps what they answer until all are done.
"""
