"""The texts of a pack in another language."""

from typing import Literal

from trellis.metadata.documents.base import Document


class Translation(Document):
    """Texts by `document#/pointer`."""

    kind: Literal["translation"]
    locale: str
    of: str
    entries: dict[str, str]
