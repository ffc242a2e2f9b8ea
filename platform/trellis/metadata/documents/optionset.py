"""Choices that several fields share."""

from typing import Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes.choices import Option


class OptionSet(Document):
    """A list of options by key."""

    kind: Literal["optionset"]
    extensible: bool = True
    options: dict[str, Option]
