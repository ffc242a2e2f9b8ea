"""The inputs of a panel as its template shows them: with words, choices, origin, and what is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import fieldtypes
from trellis.metadata.layers.places import MISSING, policy_at, same, value_at
from trellis.metadata.pointers import pointer
from trellis.metadata.snapshot import Snapshot
from trellis.web.studio.panels.choices import Choice, choices_of
from trellis.web.studio.panels.specs import Kind, Path, Spec
from trellis.web.studio.panels.texts import EXPR, KEY, WAS, Texts, row_name, rows_in
from trellis.web.studio.panels.words import help_of, label_of

Raw = Mapping[str, Any]

PURPOSES: Mapping[str, str] = {
    "expr": "formula",
    "filter": "lookup_filter",
    "where": "condition",
    "when": "condition",
    "fail": "validation",
}
"""What the expression of a member is for."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with an input, and what to do; a warning does not keep anything from being published."""

    message: Message
    hint: Message | None = None
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """An input for the same text in another language."""

    locale: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """Where an expression is written: about which records, what for, and in which field."""

    entity: str
    purpose: str
    field: str


@dataclass(frozen=True, slots=True)
class Row:
    """One element of a table; `key` is empty in a row that is being added."""

    name: str
    key: str
    was: str
    key_name: str
    was_name: str
    own: bool
    known: bool
    cells: "Mapping[str, Control]"


@dataclass(frozen=True, slots=True)
class Control:
    """One input."""

    name: str
    id: str
    kind: str
    label: Message
    help: str | Message
    texts: tuple[str, ...]
    required: bool = False
    rare: bool = False
    choices: tuple[Choice, ...] = ()
    locked: bool = False
    note: Message | None = None
    changed: bool = False
    below: str = ""
    wrong: tuple[Wrong, ...] = ()
    others: tuple[Other, ...] = ()
    written: Written | None = None
    computed: str = ""
    rows: tuple[Row, ...] = ()

    @property
    def text(self) -> str:
        """What stands in an input of one text."""
        return self.texts[0] if self.texts else ""


@dataclass(frozen=True)
class Bench:
    """What it takes to make the inputs of one part: the document as it is drafted and as it is below, and its findings.

    `path` leads to the part; `below` is None where no pack has the document.
    """

    snapshot: Snapshot
    document: Raw
    path: Path
    below: Raw | None = None
    findings: tuple[Finding, ...] = ()
    published: Raw | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    about: str = ""

    @property
    def entity(self) -> str:
        """The entity that the part is about: the document, unless something else is said."""
        return self.about or str(self.document["id"])

    @property
    def of_pack(self) -> bool:
        """Whether a pack has this part, so that its policies hold."""
        return self.below is not None and value_at(self.below, self.path) is not MISSING


def locked_names(bench: Bench, specs: Iterable[Spec]) -> frozenset[str]:
    """The names of the inputs that only the pack may change."""
    if not bench.of_pack:
        return frozenset()
    return frozenset(
        spec.name
        for spec in specs
        if spec.kind is not Kind.ROWS and policy_at(bench.document, (*bench.path, *spec.path)).name == "locked"
    )


def missing(bench: Bench, specs: Iterable[Spec], texts: Texts) -> tuple[Finding, ...]:
    """What has to be filled in and was not, where the pack does not decide it."""
    known = tuple(specs)
    locked = locked_names(bench, known)
    return tuple(
        Finding(
            "required",
            Message("{label} is required.", {"label": label_of(spec.path)}),
            str(bench.document["id"]),
            pointer((*bench.path, *spec.path)),
        )
        for spec in known
        if (spec.required or spec.path == ("label",)) and spec.kind is not Kind.ROWS and spec.name not in locked
        if not "".join(texts.get(spec.name, ())).strip()
    )


def controls_of(bench: Bench, specs: Iterable[Spec], texts: Texts) -> tuple[Control, ...]:
    """The inputs of a part with what stands in them."""
    return tuple(_control(bench, spec, texts, spec.name) for spec in specs)


def _control(bench: Bench, spec: Spec, texts: Texts, name: str, row: Path = ()) -> Control:
    path = (*bench.path, *row, *spec.path)
    given = tuple(texts.get(name, ()))
    policy = policy_at(bench.document, path) if bench.of_pack else None
    below = value_at(bench.below, path) if bench.below is not None else MISSING
    locked = policy is not None and policy.name == "locked" and not _own_row(bench, row)
    return Control(
        name=name,
        id=name.strip("/").replace("/", "-").replace("#", "-") or "part",
        kind=spec.kind.value,
        label=label_of(spec.path),
        help=help_of(spec.owner, spec.member),
        texts=given,
        required=spec.required,
        rare=spec.rare,
        choices=_choices(bench, spec, texts, given),
        locked=locked,
        note=_note(policy) if policy and not _own_row(bench, row) else None,
        changed=bench.of_pack and not _own_row(bench, row) and _differs(below, value_at(bench.document, path), spec),
        below=_brief(below if below is not MISSING else spec.default),
        wrong=wrong_at(bench.findings, path, exact=spec.kind is Kind.ROWS),
        others=_others(bench, path, texts, name, spec),
        written=_written(bench, spec, texts),
        computed="".join(texts.get(name + EXPR, ())),
        rows=_rows(bench, spec, texts) if spec.kind is Kind.ROWS else (),
    )


def _note(policy: Any) -> Message | None:
    if policy.name == "locked":
        return Message("The pack decides this; it cannot be changed here.")
    if policy.name == "tighten":
        return Message("The pack allows only a stricter value.")
    return None


def _differs(below: Any, now: Any, spec: Spec) -> bool:
    was = spec.default if below is MISSING else below
    new = spec.default if now is MISSING else now
    return not same(was, new)


def _brief(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:80] if isinstance(value, str | int) else ""


def wrong_at(findings: Iterable[Finding], path: Path, *, exact: bool = False) -> tuple[Wrong, ...]:
    """What the findings say about a place, and about all below it unless `exact`."""
    place = pointer(path)
    return tuple(
        Wrong(finding.message, finding.hint, finding.severity == "warning")
        for finding in findings
        if finding.pointer == place or (not exact and finding.pointer.startswith(place + "/"))
    )


def _choices(bench: Bench, spec: Spec, texts: Texts, given: tuple[str, ...]) -> tuple[Choice, ...]:
    if spec.kind is Kind.DEFAULT:
        return _default_choices(bench, texts)
    return choices_of(spec, bench.snapshot, bench.entity, given)


def _default_choices(bench: Bench, texts: Texts) -> tuple[Choice, ...]:
    """The values that a field of few values can begin with."""
    raw = value_at(bench.document, bench.path)
    cls = fieldtypes.get(str(raw.get("type"))) if isinstance(raw, Mapping) else None
    if cls is None or not isinstance(raw, Mapping):
        return ()
    if cls.expression_kind == "bool":
        return (Choice("true", Message("Yes")), Choice("false", Message("No")))
    if cls.expression_kind not in ("option", "options"):
        return ()
    shared = bench.snapshot.documents.get("".join(texts.get("/optionset", ())))
    options = getattr(shared, "options", None)
    if options is not None:
        return tuple(Choice(key, option.label or key) for key, option in options.items())
    own = raw.get("options")
    return (
        tuple(Choice(key, str(item.get("label") or key)) for key, item in own.items())
        if isinstance(own, Mapping)
        else ()
    )


def _others(bench: Bench, path: Path, texts: Texts, name: str, spec: Spec) -> tuple[Other, ...]:
    """The same text in the other languages, for texts that people read."""
    if spec.member not in ("label", "labelPlural", "help", "message", "description"):
        return ()
    place = f"{bench.document['id']}#{pointer(path)}"
    return tuple(
        Other(locale, other := f"@{locale}{name}", "".join(texts.get(other, (known.get(place, ""),))))
        for locale, known in bench.translations.items()
    )


def _written(bench: Bench, spec: Spec, texts: Texts) -> Written | None:
    if spec.kind not in (Kind.EXPRESSION, Kind.DEFAULT):
        return None
    key = bench.path[-1] if bench.path[:1] == ("fields",) else ""
    if spec.member == "where":
        return Written("".join(texts.get("/over", ())).rpartition(".")[0], "condition", key)
    return Written(bench.entity, PURPOSES.get(spec.member, "formula"), key)


def _own_row(bench: Bench, row: Path) -> bool:
    """Whether a row of a table is the customer's own, so that no policy of the pack holds."""
    return bool(row) and bench.below is not None and value_at(bench.below, (*bench.path, *row)) is MISSING


def _rows(bench: Bench, spec: Spec, texts: Texts) -> tuple[Row, ...]:
    found = []
    for name in rows_in(spec, texts):
        key = "".join(texts.get(row_name(spec, name, KEY), ()))
        was = "".join(texts.get(row_name(spec, name, WAS), ()))
        path = (*spec.path, was or key)
        cells = {
            cell.member: _control(bench, cell, texts, row_name(spec, name, cell.name[1:]), path) for cell in spec.rows
        }
        if "replacedBy" in cells:
            cells["replacedBy"] = _replaceable(cells["replacedBy"], spec, texts, name)
        known = bench.published is not None and value_at(bench.published, (*bench.path, *path)) is not MISSING
        own = not bench.of_pack or _own_row(bench, path)
        found.append(
            Row(name, key, was, row_name(spec, name, KEY), row_name(spec, name, WAS), own, known and bool(was), cells)
        )
    return tuple(found)


def _replaceable(control: Control, spec: Spec, texts: Texts, row: str) -> Control:
    """The other rows of a table as what can take the place of one."""
    others = []
    for name in rows_in(spec, texts):
        key = "".join(texts.get(row_name(spec, name, KEY), ()))
        label = "".join(texts.get(row_name(spec, name, "label"), ()))
        if key and name != row:
            others.append(Choice(key, label or key))
    stray = [Choice(text, text) for text in control.texts if text not in {choice.value for choice in others}]
    return replace(control, kind=Kind.CHOICE.value, choices=(*others, *stray))
