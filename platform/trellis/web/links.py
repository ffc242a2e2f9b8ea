"""The addresses of pages."""

from urllib.parse import quote, urlencode


def list_url(entity: str, **state: str) -> str:
    """The list of an entity."""
    return f"/records/{quote(entity)}" + (f"?{urlencode(state)}" if state else "")


def record_url(entity: str, record: str, tab: str = "") -> str:
    """One record."""
    return f"/records/{quote(entity)}/{quote(record)}" + (f"?tab={tab}" if tab else "")


def new_url(entity: str, **values: str) -> str:
    """The form for a new record, filled in with some values."""
    return f"/records/{quote(entity)}/new" + (f"?{urlencode(values)}" if values else "")


def edit_url(entity: str, record: str) -> str:
    """The form of a record."""
    return record_url(entity, record) + "/edit"


def sharing_url(entity: str, record: str) -> str:
    """With whom a record is shared."""
    return record_url(entity, record) + "/access"


def delete_url(entity: str, record: str) -> str:
    """Where to post to delete a record."""
    return record_url(entity, record) + "/delete"


def restore_url(entity: str, record: str) -> str:
    """Where to post to take a record out of the bin."""
    return record_url(entity, record) + "/restore"


def reveal_url(entity: str, record: str, field: str) -> str:
    """Where to post to see a masked value."""
    return f"{record_url(entity, record)}/reveal/{quote(field)}"


def why_url(entity: str, record: str | None, action: str, field: str = "") -> str:
    """Why oneself may do something or not."""
    asked = {"entity": entity, "record": record or "", "action": action, "field": field}
    return "/why?" + urlencode({key: value for key, value in asked.items() if value})


def access_url(user: str, entity: str = "", record: str = "", action: str = "") -> str:
    """Why somebody may do something or not, for those who look after users."""
    asked = {"user": user, "entity": entity, "record": record, "action": action}
    return "/admin/access?" + urlencode({key: value for key, value in asked.items() if value})


def inside(target: str) -> str:
    """The address, if it is one of ours; else the start."""
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and "\r" not in target and "\n" not in target
    return target if safe else "/"
