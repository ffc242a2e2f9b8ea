"""A random organisation with random roles and records, and what follows from them, worked out the plain way."""
