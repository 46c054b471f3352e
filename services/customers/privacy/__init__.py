"""What people may ask for about their own data, across all services: to have it, and to have it erased."""
