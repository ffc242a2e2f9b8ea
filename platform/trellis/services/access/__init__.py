"""Why somebody may do something, or not."""
