"""Lists in statements: their length is rounded up, so that few statements serve every length."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)


def rounded(items: Sequence[Item]) -> list[Item]:
    """The items, the last one repeated until the next usual length."""
    length = next((length for length in LENGTHS if length >= len(items)), len(items))
    return [*items, *(items[-1] for _ in range(length - len(items)))]


def numbered(name: str, items: Sequence[object]) -> dict[str, object]:
    """The items as parameters name0, name1, …"""
    return {f"{name}{number}": item for number, item in enumerate(items)}
