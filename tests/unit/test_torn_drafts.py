"""Whatever people make of a document, the draft can be put together, looked through and judged."""

import copy
import random
from typing import Any

import pytest

from trellis.kernel.errors import Invalid
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder
from trellis.services.studio.assembling import assembled
from trellis.services.studio.judging import findings_of
from trellis.services.studio.layering import body_for, replaced

JUNK: list[Any] = [
    None, 1, -5, True, "", "x", "name", [], {}, [1], {"a": 1}, {"a": {"b": None}}, "a+a+", "9" * 20, {"type": "text"},
    {"type": "lookup"}, ["name", "name"], {"order": 10}, "sales.account", "x_", [{"a": 1}],
]  # fmt: skip
NAMES = ["zz", "x_n", "label", "type", "fields", "", "a/b", "~"]


@pytest.fixture(scope="module")
def base() -> Snapshot:
    """The shipped packs under an extension of their accounts."""
    packs = Snapshot.of(1, load_folder(packs_folder()).documents)
    account = packs.raw["sales.account"]
    fields = {**account["fields"], "x_region": {"type": "text", "label": "Region"}}
    body = body_for(packs.composition, {**account, "label": "Client", "fields": fields})
    return Snapshot.of(2, replaced(packs.composition, {"sales.account": body}))


def torn(value: Any, chance: random.Random) -> Any:
    """A value with something wrong put in, taken out, or in the place of something."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key, what = chance.choice(list(value)), chance.random()
        if what < 0.1:
            del value[key]
        elif what < 0.2:
            value[chance.choice(NAMES)] = copy.deepcopy(chance.choice(JUNK))
        else:
            value[key] = torn(value[key], chance)
        return value
    if isinstance(value, list) and value and chance.random() < 0.5:
        place = chance.randrange(len(value))
        value[place] = torn(value[place], chance)
        return value
    return copy.deepcopy(chance.choice(JUNK))


@pytest.mark.parametrize("seed", range(60))
def test_a_torn_document_is_refused_or_judged(base: Snapshot, seed: int) -> None:
    chance = random.Random(seed)
    wanted: Any = copy.deepcopy(dict(chance.choice(list(base.raw.values()))))
    kind, document = wanted["kind"], wanted["id"]
    for _ in range(chance.randrange(1, 4)):
        changed = torn(wanted, chance)
        wanted = changed if isinstance(changed, dict) else wanted
    wanted |= {"kind": kind, "id": document if kind == "pack" or chance.random() < 0.6 else "x.copy"}

    try:
        body = body_for(base.composition, wanted)
    except Invalid:
        return
    draft = assembled(base, replaced(base.composition, {wanted["id"]: body}))
    found = findings_of(base, draft)

    assert all(str(finding.message) for finding in found)
    assert wanted["id"] in draft.wanted.effective or body is None
    assert draft.merged.snapshot.localised("zh-CN").raw.keys() == draft.merged.snapshot.raw.keys()
