"""How far roles open fields together, on every record and on some."""

from typing import Any

import pytest

from tests.support.clinic import CLIENT, documents
from trellis.engine.access import rights
from trellis.engine.access.rights import Access
from trellis.kernel.actor import Actor
from trellis.metadata.documents import Level
from trellis.metadata.snapshot import Snapshot

ALL = {"scopes": ["all"]}


def role(key: str, **fields: Any) -> dict[str, Any]:
    """A role that reads clients with these levels."""
    return {"kind": "role", "id": f"clinic.{key}", "label": key, "entities": {CLIENT: {"read": ALL, "fields": fields}}}


def raised(level: str, upgrade: str) -> dict[str, Any]:
    """A level that rises on one's own records."""
    return {"level": level, "upgrade": {"level": upgrade, "where": "owner == me.id"}}


ROLES = (
    role("masker", phrase=raised("masked", "read"), created_at=raised("none", "edit"), id=raised("none", "edit")),
    role("writer", phrase=raised("none", "edit"), score=raised("read", "read")),
    role("reader", phrase="read", **{"*": "none"}),
    role("revealer", phrase={"level": "masked", "reveal": True}, score={**raised("masked", "read"), "reveal": True}),
    role("star", **{"*": raised("none", "read")}),
)


def access(*keys: str) -> Access:
    """The rights of somebody with these roles."""
    snapshot = Snapshot.of(1, [*documents(), *ROLES])
    return Access(Actor("1", "Ann", "", frozenset()), rights(snapshot, frozenset(f"clinic.{key}" for key in keys)))


@pytest.mark.parametrize(
    ("roles", "level", "highest", "upgrades"),
    [
        (("masker",), Level.MASKED, Level.READ, 1),
        (("writer",), Level.NONE, Level.EDIT, 1),
        (("masker", "writer"), Level.MASKED, Level.EDIT, 2),
        (("masker", "reader"), Level.READ, Level.READ, 0),
        (("masker", "writer", "reader"), Level.READ, Level.EDIT, 1),
        (("star",), Level.NONE, Level.READ, 1),
        ((), Level.NONE, Level.NONE, 0),
    ],
)
def test_roles_open_a_field_together(roles: tuple[str, ...], level: Level, highest: Level, upgrades: int) -> None:
    found = access(*roles)

    assert (found.level(CLIENT, "phrase"), found.highest(CLIENT, "phrase")) == (level, highest)
    assert len(found.upgrades(CLIENT, "phrase")) == upgrades


def test_no_level_rises_above_what_a_field_is() -> None:
    found = access("masker")

    assert found.highest(CLIENT, "created_at") is Level.READ
    assert (found.level(CLIENT, "id"), found.upgrades(CLIENT, "id")) == (Level.READ, ())


def test_only_fields_that_rise_are_asked_about() -> None:
    assert access("masker").raised(CLIENT) == ("phrase", "created_at")
    assert access("writer").raised(CLIENT) == ("phrase",)
    assert access("reader").raised(CLIENT) == ()
    assert "id" not in access("star").raised(CLIENT)
    assert "phrase" in access("masker").visible(CLIENT)
    assert "phrase" not in access("masker").readable(CLIENT)


@pytest.mark.parametrize(
    ("roles", "phrase", "score"),
    [
        (("revealer",), ("clinic.revealer",), ("clinic.revealer",)),
        (("revealer", "masker"), ("clinic.revealer",), ()),
        (("revealer", "reader"), (), ("clinic.revealer",)),
        (("masker",), (), ()),
    ],
)
def test_masked_values_are_revealed_where_one_role_says_so(
    roles: tuple[str, ...], phrase: tuple[str, ...], score: tuple[str, ...]
) -> None:
    found = access(*roles)

    assert (found.field(CLIENT, "phrase").reveal, found.field(CLIENT, "score").reveal) == (phrase, score)
