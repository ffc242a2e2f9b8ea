"""The addresses of the Studio."""

from urllib.parse import quote

EDITORS = {
    "entity": "/studio/entities",
    "form": "/studio/forms",
    "view": "/studio/views",
    "optionset": "/studio/optionsets",
    "navigation": "/studio/navigation",
    "role": "/studio/roles",
    "sharing": "/studio/sharing",
}
"""Where documents of a kind are edited; the others have only the page of raw documents."""


def editor_url(kind: str, document: str) -> str:
    """The page on which a document is edited."""
    return f"{EDITORS.get(kind, '/studio/documents')}/{quote(document)}"


def field_url(entity: str, key: str) -> str:
    """The page of one field."""
    return f"/studio/entities/{quote(entity)}/fields/{quote(key)}"


def raw_url(document: str) -> str:
    """The page of a document as JSON."""
    return f"/studio/documents/{quote(document)}"
