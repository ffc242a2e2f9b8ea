"""Repeatable measurements of Trellis against servers written by hand for the same work."""
