"""The ways to reach a customer and its contacts: telephone numbers, mail addresses, messengers, each with its state."""
