"""Changes of items and users: to Personalize at once, and to the next files."""
