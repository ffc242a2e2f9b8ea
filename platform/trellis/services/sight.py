"""A record and what stands behind its lookups, seen twice: as the platform knows it, and as far as a reader may."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trellis.engine.access import Access, rights
from trellis.engine.disclosure import labelled
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.expr.problems import Span
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.explanations import Place, Shown, Text
from trellis.services.queries import MAX_FIELDS, get_record

Values = Mapping[str, object]


@dataclass(frozen=True)
class Sight:
    """What a reader sees of some paths of a record; `known` has what the platform knows of them."""

    context: Context
    entity: str
    record: str
    seen: Values
    labels: Values
    known: Values
    levels: Mapping[str, Level] = field(default_factory=dict)
    """How far fields are open here that are not equally open on every record."""

    @classmethod
    async def of(cls, context: Context, entity: str, record: str, key: str, paths: Collection[str] = ()) -> "Sight":
        """The sight of a field and of what it reads; raises NotFound and Forbidden."""
        bare = cls(context, entity, record, {}, {}, {})
        chains = sorted({chain for path in paths for chain in _chains(path)})
        open_chains = [chain for chain in chains if bare.might(chain)]
        names = [key, *bare.title_field(entity), *(path for path in paths if bare.might_know(path)), *open_chains]
        seen, labels, levels = await _read(context, entity, record, [*names, *(f"{chain}.id" for chain in open_chains)])
        if not paths:
            return replace(bare, seen=seen, labels=labels, known=seen, levels=levels)
        known, _, _ = await _read(as_platform(context), entity, record, [key, *paths, *chains], labels=False)
        return replace(bare, seen=seen, labels=labels, known=known, levels=levels)

    @property
    def words(self) -> Snapshot:
        """The release in the language of the reader."""
        return self.context.snapshot.localised(self.context.locale)

    def field(self, path: str) -> FieldType:
        """The field at the end of a path; raises KeyError."""
        found = self.words.field_at(self.entity, path)
        if found is None:
            raise KeyError(path)
        return found

    def captions(self, path: str) -> tuple[str, ...]:
        """The labels along a path."""
        return tuple(self.field(part).caption for part in (*_chains(path), path))

    def may(self, path: str) -> bool:
        """Whether the reader may read every field on a path here, wherever it leads."""
        return self._along(path, self._here) >= Level.READ

    def might(self, path: str) -> bool:
        """Whether the reader may read every field on a path, on some records at least."""
        return self._along(path, self._highest) >= Level.READ

    def might_know(self, path: str) -> bool:
        """The same, with a last field that may be masked."""
        return self._along(path, self._highest) >= Level.MASKED

    def _highest(self, path: str) -> Level:
        found = self.field(path)
        return self.context.access.highest(found.entity, found.key)

    def _here(self, path: str) -> Level:
        found = self.field(path)
        return self.levels.get(path, self.context.access.level(found.entity, found.key))

    def _along(self, path: str, level: Callable[[str], Level]) -> Level:
        """The level of the last field; none where one may not follow."""
        if any(level(hop) < Level.READ for hop in _chains(path)):
            return Level.NONE
        return level(path)

    def place(self, path: str) -> Place | None:
        """The record that holds the last field of a path, if there is one and the reader may read it."""
        chain, _, _ = path.rpartition(".")
        if not chain:
            return self.here
        found = self.seen.get(f"{chain}.id")
        return Place(self.field(path).entity, str(found), _text(self.labels.get(chain))) if found else None

    def shown(self, path: str) -> Shown:
        """The value at the end of a path as far as the reader may see it."""
        level = self._along(path, self._here)
        if level < Level.MASKED or (self._leads(path) and self.place(path) is None):
            return Shown(hidden=True)
        if level < Level.READ:
            return Shown(_text(self.seen[path]), masked=True)
        return Shown(self.known[path], _text(self.labels.get(path)))

    def _leads(self, path: str) -> bool:
        """Whether there is a record at the end of the lookups of a path."""
        chain, _, _ = path.rpartition(".")
        return bool(chain) and self.known.get(chain) is not None

    def title_field(self, entity: str) -> tuple[str, ...]:
        """The field by which people know records of an entity, if the reader may read it."""
        key = self.context.snapshot.entity(entity).title_field
        return (key,) if self.context.access.highest(entity, key) >= Level.READ else ()

    @property
    def here(self) -> Place:
        """The record itself."""
        known = self.title_field(self.entity)
        title = title_text(self.words.entity(self.entity).title, self.seen, self.labels) if known else None
        return Place(self.entity, self.record, title)


def title_text(field: FieldType, values: Values, labels: Values) -> str | None:
    """The title of a record among its values; of a link its label."""
    if field.target is not None:
        return _text(labels.get(field.key))
    return field.to_text(values.get(field.key)) or None


def wording(words: Snapshot, expression: Expression) -> Text:
    """An expression as it stands in a document, and with the labels of a language."""
    return Text(expression.source, part(words, expression))


def part(words: Snapshot, expression: Expression, span: Span | None = None) -> str:
    """A part of an expression, the whole when None, with the labels of a language."""

    def label(path: Path) -> str:
        places = [*((hop.entity_id, hop.field_key) for hop in path.hops), (path.entity, path.field)]
        fields = [(key, words.entity(entity).field(key)) for entity, key in places]
        return " › ".join(field.caption if field else key for key, field in fields)

    return labelled(expression, label, span)


def as_platform(context: Context) -> Context:
    """The same reader with every right: computed values are those of the platform, `me` stays who asks."""
    return replace(context, access=Access(context.actor, rights(context.snapshot, frozenset(), everything=True)))


def _chains(path: str) -> Iterator[str]:
    """The lookups on the way: `account`, `account.owner` for `account.owner.email`."""
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _text(label: object) -> str | None:
    """The label of one link, or of several."""
    if isinstance(label, list):
        return ", ".join(title or identity for identity, title in label) or None
    return None if label is None else str(label)


async def _read(
    context: Context, entity: str, record: str, names: Sequence[str], *, labels: bool = True
) -> tuple[Values, Values, Mapping[str, Level]]:
    """Some values of a record, the titles behind links, and levels that are not the same on every record."""
    values: dict[str, object] = {}
    titles: dict[str, object] = {}
    levels: dict[str, Level] = {}
    unique = list(dict.fromkeys(names))
    for start in range(0, len(unique), MAX_FIELDS):
        part = await get_record(context, entity, record, unique[start : start + MAX_FIELDS], labels=labels)
        values |= part.values
        titles |= part.labels
        levels |= part.levels
    return values, titles, levels
