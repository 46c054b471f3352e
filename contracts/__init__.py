"""The events that the services publish, one module per service; all that services know of each other."""
