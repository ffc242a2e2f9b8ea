"""Why somebody may do something or not, and what a new release changes about it."""
