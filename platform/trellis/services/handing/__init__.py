"""Giving records to others: some of them, or everything of somebody who leaves."""
