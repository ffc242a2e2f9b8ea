"""The administration: pages on which people look after users, teams, sign-in, access and the audit log."""

from typing import Any

from trellis.web.admin import access, audit, handovers, places, sign_in, teams, user, user_account, users


def admin_handlers() -> list[Any]:
    """All pages of the administration; a new module adds itself here."""
    modules = (places, users, user, user_account, sign_in, access, teams, audit, handovers)
    return [handler for module in modules for handler in module.HANDLERS]
