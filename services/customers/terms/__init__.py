"""The words that customers are classified with: industries as a tree, grades, sizes, sources.

Customers keep the code of a term; its name can change without touching them. Terms are closed, never deleted, so that
no customer has a code that means nothing.
"""
