"""Records that turned out to be one: what points to the others is pointed to the one that stays, in every service.

The service that owns the records tells of a merge; each service, the owner too, works it off in one transaction
(``working``, ``following``), keeps what it takes to undo it (``tables``), and tells that it has. An old id is answered
with the new one (``redirecting``).
"""
