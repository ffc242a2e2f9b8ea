"""What stands for the content of a document."""

import hashlib
import json
from typing import Any


def digest(value: Any) -> str:
    """A fingerprint of a JSON value, independent of the order of members."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
