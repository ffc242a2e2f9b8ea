"""Where documents name other things, kind by kind: a map of the members, and who reads each of them.

A branch says what a value names (`value`), what the keys of a map name (`key`), and which branches its members have.
Keys with `defines` are names of things of the document itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from trellis.engine.usage.expressions import About, names, options_path, path_hits
from trellis.engine.usage.mentions import Hit, Path, Raw, Use, field_path
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot

EVERY = "*"


class Place(NamedTuple):
    """A value in a document: whose, where, and what is around it."""

    snapshot: Snapshot
    document: str
    raw: Raw
    path: Path

    @property
    def entity(self) -> str:
        """The entity that the document is about."""
        return self.document if self.raw.get("kind") == "entity" else str(self.raw.get("entity", ""))

    @property
    def field(self) -> FieldType | None:
        """The field in which the value stands, in an entity."""
        found = self.snapshot.entities.get(self.document)
        return found.fields.get(str(self.path[1])) if found and len(self.path) > 1 else None

    def beside(self, *way: str, above: int = 1) -> Any:
        """A value that stands `above` steps further out, at a way from there; None when there is none."""
        value: Any = self.raw
        for part in (*self.path[: len(self.path) - above], *way):
            if isinstance(value, list | tuple) and isinstance(part, int):
                value = value[part] if part < len(value) else None
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
        return value


Reader = Callable[[Place, Any], Iterable[Hit]]


@dataclass(frozen=True)
class Branch:
    """One node of the map."""

    members: Mapping[str, "Branch"] = field(default_factory=dict)
    value: Reader | None = None
    key: Reader | None = None
    role: Use = Use.ENTITY
    defines: bool = False

    @cached_property
    def bare(self) -> bool:
        """Whether nothing is read of a value itself, but only of its members."""
        return self.value is None

    def below(self, part: str | int) -> "Branch | None":
        """The branch of a member."""
        return self.members.get(part) or self.members.get(EVERY)  # type: ignore[arg-type]


def _own_field(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str):
        yield Hit(field_path(place.snapshot, place.entity, text))


def _document(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str) and text != EVERY:
        yield Hit(text)


def _path(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str):
        yield from path_hits(text, 0, place.entity, place.snapshot)


def _child_path(place: Place, text: Any) -> Iterator[Hit]:
    """A path from the records over which a roll-up goes."""
    yield from _path_behind(place.beside("over"), place, text)


def _related_path(place: Place, text: Any) -> Iterator[Hit]:
    """A path from the records of a related list; the key stands in the map of columns beside the relation."""
    yield from _path_behind(place.beside("relation", above=2), place, text)


def _path_behind(relation: Any, place: Place, text: Any) -> Iterator[Hit]:
    child = str(relation).rpartition(".")[0]
    if isinstance(text, str):
        yield from path_hits(text, 0, child, place.snapshot)


def _relation(place: Place, text: Any) -> Iterator[Hit]:
    entity, mark, key = text.rpartition(".") if isinstance(text, str) else ("", "", "")
    if mark:
        yield Hit(entity, (0, len(entity)))
        yield Hit(field_path(place.snapshot, entity, key), (len(entity) + 1, len(text)))


def _returns(place: Place, text: Any) -> Iterator[Hit]:
    word, mark, about = text.partition(":") if isinstance(text, str) else ("", "", "")
    if mark:
        yield Hit(about, (len(word) + 1, len(text)))


def _right_field(place: Place, text: Any) -> Iterator[Hit]:
    entity = str(place.path[1])
    if text != EVERY and entity != EVERY:
        yield Hit(field_path(place.snapshot, entity, text))


def _right_condition(place: Place, text: Any) -> Iterator[Hit]:
    """A condition of rights; those on all entities could only be about unknown ones."""
    entity = str(place.path[1])
    if isinstance(text, str) and entity != EVERY:
        yield from names(text, About(entity), place.snapshot)


def _team(place: Place, text: Any) -> Iterator[Hit]:
    """A team by its code; teams are records."""
    if isinstance(text, str):
        yield Hit(f"team:{text}")


def _condition(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str):
        yield from names(text, About(place.entity), place.snapshot)


def _option_condition(place: Place, text: Any) -> Iterator[Hit]:
    """The condition of an option; of a shared one on every entity that offers it."""
    if place.raw.get("kind") == "entity":
        yield from _condition(place, text)
        return
    for entity in place.snapshot.entities.values():
        offers = any(getattr(one, "optionset", None) == place.document for one in entity.fields.values())
        if offers and isinstance(text, str):
            yield from names(text, About(entity.id), place.snapshot)


def _lookup_filter(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str):
        target = place.field.target if place.field else None
        yield from names(text, About(place.entity, target), place.snapshot)


def _expression(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str) and place.beside("type", above=len(place.path) - 2) != "json":
        yield from names(text, About(place.entity, gives=place.field), place.snapshot)


def _child_condition(place: Place, text: Any) -> Iterator[Hit]:
    child = str(place.beside("over")).rpartition(".")[0]
    if isinstance(text, str):
        yield from names(text, About(child), place.snapshot)


def _default(place: Place, value: Any) -> Iterator[Hit]:
    if place.field is not None:
        yield from _option_of(place.field, value)


def _option_of(choice: FieldType, value: Any) -> Iterator[Hit]:
    """The option that a value of a choice names; of several the branch of the list tells each."""
    where = options_path(choice)
    if where and isinstance(value, str) and value in choice.choices:  # type: ignore[attr-defined]
        yield Hit(f"{where}/{value}")


def _replacement(place: Place, text: Any) -> Iterator[Hit]:
    """Another option of the same list."""
    if isinstance(text, str):
        way = "/".join(str(part) for part in place.path[:-2])
        yield Hit(f"{place.document}#/{way}/{text}")


def _migrated_field(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str):
        yield Hit(field_path(place.snapshot, str(place.beside("entity", above=2)), text))


def _migrated_value(place: Place, text: Any) -> Iterator[Hit]:
    entity = place.snapshot.entities.get(str(place.beside("entity", above=2)))
    if isinstance(text, str) and entity is not None:
        yield from names(text, About(entity.id, gives=entity.field(str(place.path[-1]))), place.snapshot)


def _migrated_condition(place: Place, text: Any) -> Iterator[Hit]:
    if isinstance(text, str):
        yield from names(text, About(str(place.beside("entity"))), place.snapshot)


def _seed_value(place: Place, value: Any) -> Iterator[Hit]:
    entity = place.snapshot.entities.get(place.entity)
    choice = entity.field(str(place.path[2])) if entity else None
    if choice is not None:
        yield from _option_of(choice, value)


def _one(reader: Reader, role: Use) -> Branch:
    return Branch(value=reader, role=role)


def _each(reader: Reader, role: Use) -> Branch:
    return Branch({EVERY: _one(reader, role)})


def _keyed(members: Mapping[str, Branch]) -> Branch:
    """A map whose keys are names that the document gives."""
    return Branch({EVERY: Branch(members)}, defines=True)


def _named(reader: Reader, role: Use, members: Mapping[str, Branch] | None = None) -> Branch:
    """A map whose keys name something that stands elsewhere."""
    return Branch({EVERY: Branch(members or {}, role=role)}, key=reader, role=role)


_AUDIENCE = Branch({"roles": _each(_document, Use.AUDIENCE)})
_OPTIONS = _keyed({"replacedBy": _one(_replacement, Use.REPLACEMENT), "when": _one(_option_condition, Use.CONDITION)})
_FIELD = {
    "target": _one(_document, Use.TARGET),
    "filter": _one(_lookup_filter, Use.FILTER),
    "optionset": _one(_document, Use.OPTIONSET),
    "options": _OPTIONS,
    "returns": _one(_returns, Use.TARGET),
    "default": Branch(
        {"expr": _one(_expression, Use.DEFAULT), EVERY: _one(_default, Use.DEFAULT)}, _default, role=Use.DEFAULT
    ),
    "expr": _one(_expression, Use.FORMULA),
    "over": _one(_relation, Use.ROLLUP),
    "field": _one(_child_path, Use.ROLLUP),
    "where": _one(_child_condition, Use.ROLLUP),
    "changeOf": _one(_own_field, Use.WATCHED),
}
_ITEM = {
    "visible": _one(_condition, Use.CONDITION),
    "required": _one(_condition, Use.CONDITION),
    "readonly": _one(_condition, Use.CONDITION),
    "refresh": _each(_own_field, Use.REFRESH),
    "quickCreate": _one(_document, Use.QUICK_CREATE),
}
_SECTION = {
    "visible": _one(_condition, Use.CONDITION),
    "items": _named(_own_field, Use.ITEM, _ITEM),
    "relation": _one(_relation, Use.RELATION),
    "columns": _named(_related_path, Use.COLUMN),
}
_WHERE = {"where": _one(_right_condition, Use.CONDITION)}
_RIGHTS = {"fields": _named(_right_field, Use.RIGHT, {"upgrade": Branch(_WHERE)}), EVERY: Branch(_WHERE)}
_MIGRATION = {
    "entity": _one(_document, Use.MIGRATION),
    "where": _one(_migrated_condition, Use.MIGRATION),
    "set": Branch({EVERY: _one(_migrated_value, Use.MIGRATION)}, key=_migrated_field, role=Use.MIGRATION),
}
_ENTRY: dict[str, Branch] = {"view": _one(_document, Use.MENU), "entity": _one(_document, Use.MENU)}
_ENTRY["children"] = _keyed(_ENTRY)

KINDS: Mapping[str, Branch] = {
    "pack": Branch(
        {
            "requires": _named(_document, Use.PACK),
            "optional": _named(_document, Use.PACK),
            "exports": _named(_document, Use.PACK),
            "dataMigrations": Branch({EVERY: Branch(_MIGRATION)}),
        }
    ),
    "optionset": Branch({"options": _OPTIONS}),
    "entity": Branch(
        {
            "titleField": _one(_own_field, Use.TITLE),
            "summaryFields": _each(_own_field, Use.SUMMARY),
            "traits": Branch(
                {
                    "childOf": _one(_own_field, Use.PARENT),
                    "audit": Branch({"fields": _each(_own_field, Use.AUDIT)}),
                }
            ),
            "fields": _keyed(_FIELD),
            "indexes": _keyed({"fields": _each(_own_field, Use.INDEX)}),
            "validations": _keyed({"at": _one(_own_field, Use.VALIDATION), "fail": _one(_condition, Use.VALIDATION)}),
            "duplicates": _keyed({"match": _each(_own_field, Use.DUPLICATES)}),
        }
    ),
    "form": Branch(
        {
            "entity": _one(_document, Use.ENTITY),
            "audience": _AUDIENCE,
            "header": Branch(
                {
                    "facts": _each(_own_field, Use.FACT),
                    "badges": _keyed({"when": _one(_condition, Use.CONDITION)}),
                }
            ),
            "sections": _keyed(_SECTION),
        }
    ),
    "view": Branch(
        {
            "entity": _one(_document, Use.ENTITY),
            "audience": _AUDIENCE,
            "filter": _one(_condition, Use.FILTER),
            "columns": _named(_path, Use.COLUMN),
            "sort": Branch({EVERY: Branch({"field": _one(_path, Use.SORT)})}),
            "quickFilters": _keyed({"filter": _one(_condition, Use.FILTER)}),
        }
    ),
    "role": Branch(
        {
            "inherits": _each(_document, Use.INHERITS),
            "entities": _named(_document, Use.RIGHT, _RIGHTS),
            "navigation": _each(_document, Use.RIGHT),
        }
    ),
    "navigation": Branch({"items": _keyed(_ENTRY)}),
    "seed": Branch(
        {
            "entity": _one(_document, Use.ENTITY),
            "match": _each(_own_field, Use.SEED),
            "rows": Branch(
                {
                    EVERY: Branch(
                        {EVERY: Branch({EVERY: _one(_seed_value, Use.SEED)}, _seed_value, role=Use.SEED)},
                        key=_own_field,
                        role=Use.SEED,
                    )
                }
            ),
        }
    ),
    "sharing": Branch(
        {
            "entity": _one(_document, Use.ENTITY),
            "when": _one(_condition, Use.CONDITION),
            "to": Branch({EVERY: Branch({"role": _one(_document, Use.SHARING), "team": _one(_team, Use.SHARING)})}),
        }
    ),
    "translation": Branch({"of": _one(_document, Use.TRANSLATION)}),
}
