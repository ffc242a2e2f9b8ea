"""Trellis: a CRM platform whose modules are JSON documents."""
