"""Records that a pack brings along."""

from typing import Any, ClassVar, Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.policies import LOCKED, Policies


class Seed(Document):
    """Rows to insert where no record matches."""

    policies: ClassVar[Policies] = {"entity": LOCKED, "match": LOCKED, "policy": LOCKED}
    kind: Literal["seed"]
    entity: str
    match: tuple[str, ...]
    policy: Literal["insertOnly", "upsert"] = "insertOnly"
    rows: tuple[dict[str, Any], ...]
