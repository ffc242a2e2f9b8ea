"""A release that follows another is the same as one that was read from nothing, and reads only what changed."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder

Raw = dict[str, Any]


def relabel(documents: dict[str, Raw]) -> None:
    documents["sales.account"]["label"] = "Customer"


def hide(documents: dict[str, Raw]) -> None:
    documents["sales.account"]["fields"]["tier"]["hidden"] = True


def add_option(documents: dict[str, Raw]) -> None:
    lists = [raw for raw in documents.values() if raw["kind"] == "optionset"]
    lists[0]["options"]["brand_new"] = {"order": 500, "label": "Brand new"}


def drop_view(documents: dict[str, Raw]) -> None:
    del documents[next(key for key, raw in documents.items() if raw["kind"] == "view")]


def dumped(snapshot: Snapshot) -> dict[str, Any]:
    return {key: (type(found), found.model_dump()) for key, found in snapshot.documents.items()}


@pytest.mark.parametrize("change", [relabel, hide, add_option, drop_view])
def test_a_release_over_another_is_the_same_as_one_from_nothing(change: Callable[[dict[str, Raw]], None]) -> None:
    sources = {raw["id"]: dict(raw) for raw in load_folder(packs_folder()).documents}
    first = Snapshot.of(1, sources.values())
    changed = copy.deepcopy(sources)
    change(changed)
    wanted = [sources[key] if sources.get(key) == raw else raw for key, raw in changed.items()]

    second = Snapshot.of(2, wanted, previous=first)
    back = Snapshot.of(3, sources.values(), previous=second)

    assert dumped(second) == dumped(Snapshot.of(2, changed.values()))
    assert dumped(back) == dumped(first)
    shared = [key for key, found in second.entities.items() if found is first.entities.get(key)]
    assert len(shared) >= len(second.entities) - 3
