"""The canvas: a form as pieces that can be chosen, moved and taken off."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.fieldtypes.computations import FormulaSource, RollupSource
from trellis.metadata.pointers import at, pointer
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.formedits import is_related
from trellis.services.studio.formsteps import Step, step
from trellis.services.studio.ordering import in_order
from trellis.web.studio.form_words import type_icon, type_word

Raw = Mapping[str, Any]

OWN, CHANGED = Message("yours"), Message("changed by you")


@dataclass(frozen=True, slots=True)
class Piece:
    """One element of the form; `path` is where it stands, `id` stays when it moves."""

    sort: str
    path: str
    key: str
    id: str
    label: str
    icon: str = "forms"
    detail: str | Message = ""
    current: bool = False
    required: bool = False
    computed: bool = False
    span: int = 1
    wide: bool = False
    columns: int = 1
    hint: str = ""
    when: str = ""
    needed: str = ""
    """The condition under which it must be filled."""
    origin: Message | None = None
    findings: tuple[Finding, ...] = ()
    steps: frozenset[str] = frozenset()
    children: tuple["Piece", ...] = ()
    tone: str = ""

    @property
    def wrong(self) -> bool:
        """Whether there is an error, and not just a warning."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True)
class Canvas:
    """The whole form."""

    facts: tuple[Piece, ...]
    badges: tuple[Piece, ...]
    sections: tuple[Piece, ...]

    def every(self) -> list[Piece]:
        """All pieces."""
        inner = [piece for section in self.sections for piece in section.children]
        return [*self.facts, *self.badges, *self.sections, *inner]


@dataclass(frozen=True)
class Drawing:
    """What is drawn: the form as drafted, in the language of the document and in the reader's, and without the customer."""

    plain: Raw
    form: Raw
    below: Raw | None
    entity: Entity | None
    snapshot: Snapshot
    words: Callable[[str], str]
    """The platform's words for labels of system fields."""
    findings: Sequence[Finding] = ()
    at: str = ""

    def canvas(self) -> Canvas:
        """The form in pieces."""
        header = self.form.get("header", {})
        facts = tuple(self._fact(key, header["facts"]) for key in header.get("facts", ()))
        badges = tuple(self._badge(key, header["badges"][key]) for key in in_order(header.get("badges", {})))
        sections = self.form.get("sections", {})
        return Canvas(facts, badges, tuple(self._section(key, sections[key]) for key in in_order(sections)))

    def caption(self, field: FieldType | None, key: str) -> str:
        """What people read as the name of a field."""
        return self.words(field.caption) if field else key

    def _section(self, key: str, raw: Raw) -> Piece:
        path, related = pointer(("sections", key)), is_related(raw)
        columns = raw.get("columns", 2)
        children = self._columns(path, raw) if related else self._items(path, raw)
        findings = [
            finding
            for finding in self._at(path)
            if not any(finding.pointer.startswith(child.path) for child in children)
        ]
        return Piece(
            "related" if related else "section", path, key, f"el-section-{key}", raw.get("label") or key,
            icon="table" if related else "layout-rows", detail=self._relation(raw) if related else "",
            current=self.at == path, columns=columns if isinstance(columns, int) else 1, hint=raw.get("hint", ""),
            when=_condition(raw.get("visible", True)), origin=self._origin(path, ("items", "columns", "order")),
            findings=tuple(findings), steps=self._steps(path), children=children,
        )  # fmt: skip

    def _relation(self, raw: Raw) -> str:
        entity_id = str(raw.get("relation", "")).rpartition(".")[0]
        other = self.snapshot.entities.get(entity_id)
        return other.plural if other else entity_id

    def _items(self, section: str, raw: Raw) -> tuple[Piece, ...]:
        items = raw.get("items", {})
        return tuple(self._item(f"{section}/items", key, items[key]) for key in in_order(items))

    def _item(self, into: str, key: str, raw: Raw) -> Piece:
        path, field = into + pointer((key,)), self.entity.field(key) if self.entity else None
        required = raw.get("required", False)
        return Piece(
            "item", path, key, f"el-item-{key}", raw.get("label") or self.caption(field, key),
            icon=_icon(field), detail=self._detail(field),
            current=self.at == path, required=required is True or bool(field and field.required),
            computed=field is not None and field.computed is not None, span=raw.get("span", 1),
            wide=bool(field and field.type in ("longtext", "json")), hint=raw.get("hint") or (field.help if field else ""),
            when=_condition(raw.get("visible", True)), needed=required if isinstance(required, str) else "",
            origin=self._origin(path, ("order",)), findings=self._at(path), steps=self._steps(path),
        )  # fmt: skip

    def _detail(self, field: FieldType | None) -> str | Message:
        if field is None:
            return Message("There is no such field any more")
        match field.computed:
            case FormulaSource(expr=source):
                return source
            case RollupSource(child=child):
                other = self.snapshot.entities.get(child)
                return Message("Roll-up of {records}", {"records": other.plural if other else child})
        target = self.snapshot.entities.get(field.target or "")
        if target is not None and field.type in ("lookup", "multilookup"):
            return Message("{type} {target}", {"type": type_word(field.type), "target": target.label})
        return type_word(field.type)

    def _columns(self, section: str, raw: Raw) -> tuple[Piece, ...]:
        columns = raw.get("columns")
        if not isinstance(columns, Mapping):
            return ()
        other = str(raw.get("relation", "")).rpartition(".")[0]
        return tuple(self._column(f"{section}/columns", key, columns[key], other) for key in in_order(columns))

    def _column(self, into: str, key: str, raw: Raw, other: str) -> Piece:
        path, field = into + pointer((key,)), self.snapshot.field_at(other, key)
        return Piece(
            "column", path, key, f"el-column-{into.split('/')[2]}-{key.replace('.', '--')}", raw.get("label") or self.caption(field, key),
            icon=_icon(field), detail=type_word(field.type) if field else "",
            current=self.at == path, origin=self._origin(path, ("order",)), findings=self._at(path),
            steps=self._steps(path),
        )  # fmt: skip

    def _fact(self, key: str, facts: Sequence[str]) -> Piece:
        path, field = pointer(("header", "facts", key)), self.entity.field(key) if self.entity else None
        before = (self.below or {}).get("header", {}).get("facts", ())
        return Piece(
            "fact", path, key, f"el-fact-{key}", self.caption(field, key), icon=_icon(field),
            current=self.at == path, origin=OWN if self.below and key not in before else None,
            findings=self._at(pointer(("header", "facts", facts.index(key)))), steps=self._steps(path),
        )  # fmt: skip

    def _badge(self, key: str, raw: Raw) -> Piece:
        path = pointer(("header", "badges", key))
        return Piece(
            "badge", path, key, f"el-badge-{key}", raw.get("label") or key, icon="flag", current=self.at == path,
            when=str(raw.get("when", "")), origin=self._origin(path, ("order",)), findings=self._at(path),
            steps=self._steps(path), tone=raw.get("tone") or "",
        )  # fmt: skip

    def _steps(self, path: str) -> frozenset[str]:
        if path != self.at:
            return frozenset()
        return frozenset(towards.value for towards in Step if step(self.form, path, towards))

    def _at(self, path: str) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.pointer == path or found.pointer.startswith(path + "/"))

    def _origin(self, path: str, apart: Sequence[str]) -> Message | None:
        """Whose an element is, where it is not as the pack has it; its place and its parts count for themselves."""
        if self.below is None:
            return None
        try:
            before, now = at(self.below, path), at(self.plain, path)
        except KeyError:
            return OWN
        kept = [{key: value for key, value in raw.items() if key not in apart} for raw in (before, now)]
        return CHANGED if kept[0] != kept[1] else None


def _icon(field: FieldType | None) -> str:
    if field is None:
        return "alert-circle"
    computed = {FormulaSource: "math-function", RollupSource: "sum"}.get(type(field.computed))
    return computed or type_icon(field.type)


def _condition(value: bool | str) -> str:
    """A condition as it is shown: nothing where it always holds."""
    return "" if value is True else str(value).lower() if isinstance(value, bool) else value
