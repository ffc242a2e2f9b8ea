"""For every role and every field that it may not read: expressions do not know the field, and nothing gives it away."""

from functools import cache

import pytest

from trellis.engine.access import Access, rights
from trellis.engine.catalogue import SnapshotCatalogue
from trellis.engine.completions import complete
from trellis.engine.expr.checker import check
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.scope import EntityScope
from trellis.engine.mistakes import Mistake, mistakes
from trellis.engine.readable import ReadableCatalogue
from trellis.kernel.actor import Actor
from trellis.metadata.documents import Level
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder

INVENTED = "zzzz_invented"


@cache
def packs() -> Snapshot:
    """The release of the shipped packs."""
    return Snapshot.of(1, load_folder(packs_folder()).documents)


def catalogue(role: str) -> ReadableCatalogue:
    """What somebody with just this role may read."""
    known = SnapshotCatalogue(packs())
    actor = Actor("01920000-0000-7000-8000-00000000000a", "Rita", "rita@example.com", frozenset({role}))
    return ReadableCatalogue(known, known, Access(actor, rights(packs(), frozenset({role}))))


def hidden(role: str) -> list[tuple[str, str, str]]:
    """Entity, path and key of every field that the role may not read, own ones and those behind a lookup."""
    seen = catalogue(role)
    found = []
    for entity in packs().entities.values():
        if not seen.access.allows(entity.id, "read"):
            continue
        found += [(entity.id, key, key) for key in entity.all_fields if _is_hidden(seen, entity.id, key)]
        for link in entity.all_fields.values():
            target = packs().entities.get(link.target or "")
            if target is not None and not link.multiple and not _is_hidden(seen, entity.id, link.key):
                keys = [key for key in target.all_fields if _is_hidden(seen, target.id, key)]
                found += [(entity.id, f"{link.key}.{key}", key) for key in keys if key != "id"]
    return found


def _is_hidden(seen: ReadableCatalogue, entity: str, key: str) -> bool:
    return seen.access.highest(entity, key) < Level.READ or not seen.access.allows(entity, "read")


def wrong(entity: str, source: str, seen: ReadableCatalogue) -> tuple[Mistake, ...]:
    """The mistakes of a source that cannot be right."""
    scope = EntityScope(seen, entity)
    with pytest.raises(ExprError) as told:
        check(source, scope)
    return mistakes(told.value, source, scope, seen)


def test_there_are_hidden_fields_to_look_for() -> None:
    assert ("sales.account", "credit_limit", "credit_limit") in hidden("sales.rep")
    assert ("sales.opportunity", "account.credit_limit", "credit_limit") in hidden("sales.rep")


@pytest.mark.parametrize("role", sorted(packs().roles))
def test_a_hidden_field_is_told_apart_from_an_invented_one_by_nothing(role: str) -> None:
    seen = catalogue(role)

    for entity, path, key in hidden(role):
        (found,) = wrong(entity, path, seen)
        (invented,) = wrong(entity, path.removesuffix(key) + INVENTED, seen)

        assert str(found.message) == str(invented.message).replace(INVENTED, key), path
        assert found.code == invented.code
        assert key not in found.suggestions


@pytest.mark.parametrize("role", sorted(packs().roles))
def test_a_hidden_field_is_never_proposed(role: str) -> None:
    seen = catalogue(role)

    for entity, path, key in hidden(role):
        source = path[:-1]
        proposed = complete(source, len(source), EntityScope(seen, entity), seen)
        assert key not in {item.insert for item in proposed.items}, path
        assert "." in path or not seen.choices(entity, key)
