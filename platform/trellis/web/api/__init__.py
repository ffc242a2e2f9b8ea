"""The HTTP API under /api/v1: every entity of the release, without code of its own."""
