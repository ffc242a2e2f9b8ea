"""Records that a pack brings along."""

from typing import Any, Literal

from trellis.metadata.documents.base import Document


class Seed(Document):
    """Rows to insert where no record matches."""

    kind: Literal["seed"]
    entity: str
    match: tuple[str, ...]
    policy: Literal["insertOnly", "upsert"] = "insertOnly"
    rows: tuple[dict[str, Any], ...]
