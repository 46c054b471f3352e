"""The HTTP edge of the suite: made from what the services say of themselves, knowing nothing of their business."""
