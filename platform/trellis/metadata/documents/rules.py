"""What must be true of the records of an entity, and when two of them are the same."""

from typing import ClassVar, Literal

from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import LOCKED, TIGHTEN_BLOCK, TIGHTEN_ERROR, Policies


class Validation(Element):
    """A condition under which a record cannot be saved, or only after a second look."""

    policies: ClassVar[Policies] = {"fail": LOCKED, "severity": TIGHTEN_ERROR}
    order: int = 0
    fail: str
    message: str
    at: str | None = None
    severity: Literal["error", "warning"] = "error"


Normalization = Literal["exact", "casefold", "letters", "digits"]


class DuplicateRule(Element):
    """Records are the same when the fields of `match` are, after `normalize`; those in the bin do not count."""

    policies: ClassVar[Policies] = {
        "match": LOCKED,
        "normalize": LOCKED,
        "ignoreEmpty": LOCKED,
        "action": TIGHTEN_BLOCK,
    }
    order: int = 0
    match: tuple[str, ...]
    normalize: Normalization = "casefold"
    action: Literal["warn", "block"] = "warn"
    ignore_empty: bool = True
    message: str = ""
