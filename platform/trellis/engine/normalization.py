"""When two values count as the same: texts lose what does not matter before they are compared."""

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot

Normalize = Callable[[str], str]
Fingerprint = Callable[[Mapping[str, Any]], str | None]
"""From the values of a record to what it has in common with those that are the same; None when it is not compared."""

_APART = "\x00"


def _casefold(text: str) -> str:
    """Capitals, full-width forms and runs of spaces do not matter (Unicode, NFKC and full case folding)."""
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def _letters(text: str) -> str:
    """Only letters, their marks and digits matter, in any case."""
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    return "".join(sign for sign in _casefold(text) if unicodedata.category(sign)[0] in "LMN")


def _digits(text: str) -> str:
    """Only digits matter, of whichever script."""
    return "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())


NORMALIZE: Mapping[str, Normalize] = {
    "exact": lambda text: text,
    "casefold": _casefold,
    "letters": _letters,
    "digits": _digits,
}


def rule_name(entity: Entity, key: str) -> str:
    """What tells this rule from every other one, and from itself before it was changed."""
    rule = entity.duplicates[key]
    kinds = [(name, _kind(entity, name)) for name in rule.match]
    meant = (entity.id, key, kinds, rule.normalize, rule.action, rule.ignore_empty)
    return blake2b(repr(meant).encode(), digest_size=8).hexdigest()


def rule_names(snapshot: Snapshot | None) -> dict[str, tuple[str, str]]:
    """The names of all rules of a release, with the entity and the key of each."""
    entities = snapshot.entities.values() if snapshot else ()
    return {rule_name(entity, key): (entity.id, key) for entity in entities for key in entity.duplicates}


def rules_to_refill(
    old: Snapshot | None, new: Snapshot, moved: Collection[tuple[str, str]] = ()
) -> tuple[frozenset[str], frozenset[str]]:
    """Which rules' records lose their keys when a release takes the place of another, and which rules' get some.

    A rule is among both where a field that it compares holds its values in another way, or where they were `moved`.
    """
    before, after = rule_names(old), rule_names(new)
    kept = {
        name
        for name in before.keys() & after.keys()
        if old
        and all(is_compared_alike(old, new, after[name][0], field, moved) for field in _compared(new, *after[name]))
    }
    return frozenset(before.keys() - kept), frozenset(after.keys() - kept)


def _compared(snapshot: Snapshot, entity: str, key: str) -> Sequence[str]:
    return snapshot.entity(entity).duplicates[key].match


def is_compared_alike(old: Snapshot, new: Snapshot, entity: str, name: str, moved: Collection[tuple[str, str]]) -> bool:
    """Whether a field of an entity that both releases have holds the same values in both, written in the same way.

    `moved` has the fields that mean another column, or other values; for all of an entity with an empty key.
    """
    was, now = (snapshot.entity(entity).all_fields.get(name) for snapshot in (old, new))
    if was is None or now is None:
        return False
    return (was.type, was.kind) == (now.type, now.kind) and not any(
        node in moved for node in ((entity, name), (entity, ""))
    )


def _kind(entity: Entity, name: str) -> str:
    field = entity.field(name)
    return field.expression_kind if field else ""


def fingerprint(entity: Entity, key: str) -> Fingerprint:
    """The fingerprint of records under a rule of their entity."""
    rule, name = entity.duplicates[key], rule_name(entity, key)
    parts = [(field, _normal(entity.all_fields[field], NORMALIZE[rule.normalize])) for field in rule.match]
    enough = all if rule.ignore_empty else any

    def of(values: Mapping[str, Any]) -> str | None:
        texts = [normal(value) if (value := values.get(field)) is not None else "" for field, normal in parts]
        if not enough(texts):
            return None
        return blake2b(_APART.join([name, *texts]).encode(), digest_size=16).hexdigest()

    return of


def _normal(field: FieldType, normalize: Normalize) -> Callable[[Any], str]:
    if field.expression_kind != "text":
        return field.to_text
    return lambda value: normalize(field.to_text(value))
