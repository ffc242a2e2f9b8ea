"""Which names an expression may use, and what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from trellis.engine.expr import limits
from trellis.engine.expr.nodes import Hop, Parameter, Path
from trellis.engine.expr.problems import closest
from trellis.engine.expr.types import BOOL, TEXT, Kind, Type
from trellis.kernel.messages import Message

USER = "core.user"
TEAM = "core.team"
ME = {
    "id": Type(Kind.REF, entity=USER),
    "team": Type(Kind.REF, entity=TEAM),
    "email": TEXT,
}


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What expressions need to know of a field; `target` is the entity a lookup leads to, no `type` means unusable."""

    type: Type | None
    target: str | None = None
    label: str = ""
    labels: Mapping[str, str] | None = None
    """Of a choice: the label of each key."""


class EntityCatalogue(Protocol):
    """The entities of a release, as expressions see them; system fields such as `id`, `owner`, `version` are fields too."""

    def field_type(self, entity_id: str, field_key: str) -> FieldInfo | None:
        """The field, or None when there is none of that key."""

    def field_keys(self, entity_id: str) -> Iterable[str]:
        """The keys of all fields."""

    def label(self, entity_id: str) -> str:
        """The name people give the entity."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A name without meaning: which part of the path failed, why, and names that look alike."""

    position: int
    message: Message
    suggestions: tuple[str, ...] = ()


Resolution = Path | Parameter | Unresolved


class Scope(Protocol):
    """Gives meaning to dotted names."""

    def resolve(self, path: tuple[str, ...]) -> Resolution:
        """What the name stands for."""

    def ask(self, function: str, key: str) -> Parameter | Unresolved:
        """What `changed('key')`, `setting('key')` stand for: a parameter of the function's name, a point and the key."""

    def labels(self, path: Path) -> Mapping[str, str] | None:
        """The label of each key of a choice."""


@dataclass(frozen=True, slots=True)
class EntityScope:
    """The names of a condition or formula on one entity: its fields, `record`, `me`, and more where they make sense.

    With `target` (filter of a lookup) `target.*` are the fields of the candidate, a record of that entity, and the
    fields of the record itself are parameters. With `previous`, `prev.*` are the values before the change, and
    `changed('key')` says whether a field differs from it. Parameters named `setting.*` are what `setting('…')` gives.
    """

    catalogue: EntityCatalogue
    entity: str
    target: str | None = None
    previous: bool = False
    parameters: Mapping[str, Type] = field(default_factory=dict)

    def resolve(self, path: tuple[str, ...]) -> Resolution:
        """What the name stands for in this scope."""
        name = ".".join(path)
        if name in self.parameters:
            return Parameter(name, self.parameters[name])
        match path:
            case ("me", *rest):
                return self._me(rest)
            case ("record", "exists"):
                return Parameter(name, BOOL)
            case ("record", *rest) if rest:
                return self._record(tuple(rest), 1)
            case ("target", *rest) if rest and self.target is not None:
                return self._walk(self.target, tuple(rest), 1, root="target")
            case ("prev", *rest) if rest and self.previous:
                return _as_parameter(self._walk(self.entity, tuple(rest), 1), "prev.")
        return self._record(path, 0)

    def ask(self, function: str, key: str) -> Parameter | Unresolved:
        """What `changed('key')`, `setting('key')` stand for in this scope."""
        return self._changed(key) if function == "changed" else self._parameter(function, key)

    def labels(self, path: Path) -> Mapping[str, str] | None:
        """The label of each key of a choice."""
        info = self._field(path.entity, path.field)
        return info.labels if info else None

    def _changed(self, key: str) -> Parameter | Unresolved:
        if not self.previous:
            return Unresolved(0, Message("changed(…) can be asked in validations only."))
        if self._field(self.entity, key) is None:
            return self._unknown(self.entity, key, 1)
        return Parameter(f"changed.{key}", BOOL)

    def _parameter(self, function: str, key: str) -> Parameter | Unresolved:
        kind = self.parameters.get(f"{function}.{key}")
        if kind is not None:
            return Parameter(f"{function}.{key}", kind)
        known = [name.partition(".")[2] for name in self.parameters if name.startswith(f"{function}.")]
        message = Message("There is no {function} '{name}' here.", {"function": function, "name": key})
        return Unresolved(0, message, closest(key, known))

    def _record(self, path: tuple[str, ...], skipped: int) -> Resolution:
        found = self._walk(self.entity, path, skipped)
        return found if self.target is None else _as_parameter(found, "")

    def _me(self, rest: list[str]) -> Resolution:
        kind = ME.get(rest[0]) if len(rest) == 1 else None
        if kind is not None:
            return Parameter(f"me.{rest[0]}", kind)
        suggestions = tuple(f"me.{key}" for key in closest(rest[0], ME)) if rest else ("me.id",)
        known = ", ".join(f"me.{key}" for key in ME)
        return Unresolved(min(len(rest), 1), Message("Of the user one can ask {known}.", {"known": known}), suggestions)

    def _walk(self, entity: str, path: tuple[str, ...], skipped: int, *, root: str = "") -> Path | Unresolved:
        hops: list[Hop] = []
        for position, key in enumerate(path):
            info = self._field(entity, key)
            if info is None:
                return self._unknown(entity, key, position + skipped)
            if position == len(path) - 1 or _is_own_id(path, position, info):
                return _path(tuple(hops), entity, key, info, root) or _unusable(info, key, position + skipped)
            if info.target is None or info.type is None or info.type.kind is not Kind.REF:
                return _dead_end(info, key, position + skipped)
            if len(hops) == limits.LOOKUP_HOPS:
                message = Message("A path follows at most {limit} lookups.", {"limit": limits.LOOKUP_HOPS})
                return Unresolved(position + skipped, message)
            hops.append(Hop(key, entity))
            entity = info.target
        return Unresolved(skipped, Message("A name is missing."))

    def _field(self, entity: str, key: str) -> FieldInfo | None:
        info = self.catalogue.field_type(entity, key)
        if info is None and key == "id":
            return FieldInfo(Type(Kind.REF, entity=entity), label="id")
        return info

    def _unknown(self, entity: str, key: str, position: int) -> Unresolved:
        known = list(self.catalogue.field_keys(entity))
        if position == 0:
            known += ["record", "me", "true", "false", "null"]
        label = self.catalogue.label(entity)
        message = Message("There is no field '{name}' on {entity}.", {"name": key, "entity": label})
        return Unresolved(position, message, closest(key.lower(), known))


def _is_own_id(path: tuple[str, ...], position: int, info: FieldInfo) -> bool:
    """Whether the rest of the path is only `.id` of a lookup, which is the lookup's own value."""
    return (
        path[position + 1 :] == ("id",)
        and info.type is not None
        and info.target is not None
        and info.type.kind is Kind.REF
    )


def _path(hops: tuple[Hop, ...], entity: str, key: str, info: FieldInfo, root: str) -> Path | None:
    return None if info.type is None else Path(hops, entity, key, info.type, root)


def _unusable(info: FieldInfo, key: str, position: int) -> Unresolved:
    return Unresolved(position, Message("'{label}' cannot be used in expressions.", {"label": info.label or key}))


def _dead_end(info: FieldInfo, key: str, position: int) -> Unresolved:
    params = {"label": info.label or key}
    if info.type is not None and info.type.kind is Kind.OPTIONS:
        return Unresolved(position, Message("'{label}' has several values; ask with has(…) or filled(…).", params))
    return Unresolved(position, Message("'{label}' is not a lookup, so nothing can follow it.", params))


def _as_parameter(found: Path | Unresolved, prefix: str) -> Parameter | Unresolved:
    return Parameter(prefix + found.key, found.type) if isinstance(found, Path) else found
