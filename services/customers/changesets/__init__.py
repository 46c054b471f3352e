"""Changes of many customers at once that can be taken back: imports, and bulk changes by filter.

Such a job keeps a row for each customer (``ledger``): what it did, the version that it left, and before a
change the image of what was there, sealed. ``undoing`` goes by these rows as long as the change set is kept.
"""
