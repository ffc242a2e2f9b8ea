"""Panels: inputs for every member of a part of a document, made from its model."""
