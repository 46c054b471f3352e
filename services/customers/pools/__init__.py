"""The pools: where customers without an owner wait, who may take them, and when they come back."""
