"""Which parts of a document others notice when it changes."""

from typing import Any

import pytest

from trellis.services.studio.touching import Touched, touched

FIELD = {"type": "text", "label": "Name"}
ENTITY: dict[str, Any] = {
    "kind": "entity",
    "id": "x.thing",
    "label": "Thing",
    "titleField": "name",
    "fields": {"name": FIELD},
}


def changed(**members: Any) -> dict[str, Any]:
    return {**ENTITY, **members}


@pytest.mark.parametrize(
    ("after", "parts", "whole"),
    [
        (changed(label="Object"), set(), False),
        (changed(fields={"name": {**FIELD, "label": "Title", "help": "…"}}), set(), False),
        (changed(fields={"name": FIELD, "size": {"type": "integer"}}), {"/fields/size"}, False),
        (changed(fields={"name": FIELD, "size": {"type": "integer", "required": True}}), {"/fields/size"}, True),
        (changed(fields={"name": {**FIELD, "maxLength": 5}}), {"/fields/name"}, False),
        (changed(titleField="size"), {"/titleField"}, True),
        (changed(validations={"v": {"fail": "false"}}), {"/validations/v"}, False),
    ],
)
def test_what_others_notice(after: dict[str, Any], parts: set[str], whole: bool) -> None:
    found = touched(ENTITY, after)

    assert (set(found.parts), found.whole) == (parts, whole)


def test_what_is_gone_is_known() -> None:
    assert touched(changed(fields={"name": FIELD, "size": FIELD}), ENTITY).gone == {"/fields/size"}
    assert touched(ENTITY, None) == Touched(frozenset({""}), frozenset({""}), whole=True)
    assert touched(None, ENTITY).whole


def test_traits_bring_fields_along() -> None:
    assert "/system" in touched(ENTITY, changed(traits={"owned": True})).parts
