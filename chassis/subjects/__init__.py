"""What a service does when a person wants his data, or wants to be forgotten, driven by its registry of personal data.

The service that knows who is who publishes an order (``events``); each service takes it in (``taking``), works it off
as a job (``exporting``, ``erasing``) and keeps a receipt (``receipts``), which can be asked for over the bus.
"""
