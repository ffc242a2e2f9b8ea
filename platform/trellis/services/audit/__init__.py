"""The audit log: who did what, and the chain that shows when it was touched."""

from trellis.services.audit.noting import note, noted

__all__ = ["note", "noted"]
