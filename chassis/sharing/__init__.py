"""Shares: a record that is opened to a person or a team beside its owner, for reading or also for changing.

``table`` has the rows and the conditions that put them into queries; ``operations`` is what the service that owns the
records offers. Services with replicas of the records keep the shares, too, from the owner's events.
"""
