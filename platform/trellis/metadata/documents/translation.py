"""The texts of a pack in another language."""

from typing import ClassVar, Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.policies import LOCKED, Policies


class Translation(Document):
    """Texts by `document#/pointer`."""

    policies: ClassVar[Policies] = {"locale": LOCKED, "of": LOCKED}
    kind: Literal["translation"]
    locale: str
    of: str
    entries: dict[str, str]
