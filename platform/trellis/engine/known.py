"""What expressions are given of a record."""

from typing import Any


class Known(dict[str, Any]):
    """Values in which everything else is empty."""

    def __missing__(self, key: str) -> None:
        return None
