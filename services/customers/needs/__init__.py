"""What customers need, like and prefer: said with where it is known from, and since when."""
