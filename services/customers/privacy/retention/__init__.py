"""For how long the house keeps what it knows of people, and who is exempt."""
