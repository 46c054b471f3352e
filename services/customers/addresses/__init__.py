"""The postal addresses of a customer and its contacts: where it is registered, gets bills and goods, is visited."""
