"""The expression language: one typed tree for every formula and condition."""
