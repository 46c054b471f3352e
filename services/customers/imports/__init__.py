"""Bringing in customers from a CSV file, as a job.

``start`` takes the order, ``run`` leads the job through its steps: ``reading`` makes fields of cells, ``entering``
decides what becomes of each row and does it, ``linking`` sets the parent companies once all rows are in. What became of
each row is kept in the ``ledger`` until the result file is written.
"""
