"""Who may do what, and why."""

from trellis.engine.access.actions import ACTIONS, SCOPED, SHARED, SYSTEM_RIGHTS
from trellis.engine.access.levels import ALWAYS_READABLE, NEVER_WRITABLE, FieldAccess, Upgrade
from trellis.engine.access.rights import Access, EntityAccess, Rights, access_of, rights
from trellis.engine.access.rules import Rule

__all__ = [
    "ACTIONS", "ALWAYS_READABLE", "NEVER_WRITABLE", "SCOPED", "SHARED", "SYSTEM_RIGHTS", "Access", "EntityAccess", "FieldAccess",
    "Rights", "Rule", "Upgrade", "access_of", "rights",
]  # fmt: skip
