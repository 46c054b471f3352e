"""Fields that a house adds to records itself: defined as rows, kept with the record as JSON, known everywhere at once.

A service says of which records (``Records``); the values stand in two columns of the record, ``custom`` and, for what
is personal, the sealed ``custom_private``. Each process holds the definitions in memory (``defined``), and its unit of
work, filters and description ask there. Callers call such a field ``custom.<key>``, also in field rules.
"""
