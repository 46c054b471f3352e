"""What services know of each other, one module per service: the events that it publishes and the records it keeps."""
