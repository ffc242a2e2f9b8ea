"""Choices that several fields share."""

from typing import ClassVar, Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes.choices import Option
from trellis.metadata.policies import LOCKED, Policies


class OptionSet(Document):
    """A list of options by key."""

    policies: ClassVar[Policies] = {"extensible": LOCKED}
    kind: Literal["optionset"]
    extensible: bool = True
    options: dict[str, Option]
