"""Which programs use which fields: noted in passing, kept from time to time, and told to whoever changes a field."""
