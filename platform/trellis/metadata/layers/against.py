"""What an extension was made against: the version of the document below it that somebody looked at."""

from collections.abc import Mapping
from typing import Any

from trellis.metadata.fingerprints import digest
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.pointers import parts_of

Raw = Mapping[str, Any]


def against(below: Raw, version: str) -> dict[str, Any]:
    """What an extension says about the document below it."""
    named = {"version": version} if version else {}
    return {"pack": layer_of(below["id"]), **named, "hash": digest(below)}


def made_against(extension: Raw | None) -> Raw:
    """What an extension was made against, as far as it says so."""
    found = (extension or {}).get("madeAgainst")
    return found if isinstance(found, Mapping) else {}


def seen_in(extension: Raw | None) -> dict[str, str]:
    """The places that were looked at later, with the fingerprint of what was below them then."""
    found = made_against(extension).get("seen")
    return dict(found) if isinstance(found, Mapping) else {}


def print_at(below: Raw, where: str) -> str:
    """The fingerprint of the value at a place; no value has one too."""
    found = value_at(below, tuple(parts_of(where)))
    return digest(None if found is MISSING else found)


def with_seen(former: Raw, seen: Mapping[str, str]) -> dict[str, Any]:
    """What an extension was made against, with places that were looked at later."""
    plain = {name: part for name, part in former.items() if name != "seen"}
    return {**plain, "seen": dict(seen)} if seen else plain
