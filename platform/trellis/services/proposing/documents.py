"""A proposal as documents: the entity, a form, a list, a line of a menu."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.kernel.messages import Message, Translate
from trellis.services.proposing.naming import key_from
from trellis.services.proposing.proposal import Proposal, ProposedColumn

Raw = dict[str, Any]

NUMBER = "number"
_ONE_SECTION = 10
_FEWEST = 3
_COLUMNS = 7
_MOSTLY_BLANK = 0.8
_DATES = frozenset({"date", "datetime"})
_NUMBERS = frozenset({"integer", "decimal", "currency", "percent"})
_WIDE = frozenset({"longtext", "richtext", "json"})
_NARROW = (None, None, None, "sm", "md", "lg", "xl")
_DETAILS, _YES_OR_NO, _WHEN, _FIGURES, _TEXTS = (
    Message("Details"), Message("Yes or no"), Message("Dates"), Message("Figures"), Message("Texts"),
)  # fmt: skip
_RUNNING_NUMBER, _ALL = Message("No."), Message("All")


@dataclass(frozen=True, slots=True)
class Extras:
    """Which documents come along with the entity."""

    form: bool = True
    view: bool = True
    menu: bool = True


ALL_EXTRAS = Extras()


def documents(proposal: Proposal, translate: Translate, extras: Extras = ALL_EXTRAS) -> list[Raw]:
    """The documents for a proposal, without the menu; their few labels of our own are in the language of `translate`."""
    found = [entity_of(proposal, translate)]
    if extras.form:
        found.append(form_of(proposal, translate))
    if extras.view:
        found.append(view_of(proposal, translate))
    return found


def title_key(proposal: Proposal) -> str:
    """The key of the field by which people recognise a record."""
    column = proposal.column(proposal.title)
    return column.key if column and column.keep else _number_key(proposal)


def _number_key(proposal: Proposal) -> str:
    return key_from(NUMBER, {column.key for column in proposal.kept}, NUMBER)


def entity_of(proposal: Proposal, translate: Translate) -> Raw:
    """The entity; where no column tells its records apart they get a running number."""
    title = title_key(proposal)
    numbered: Raw = {}
    if proposal.column(proposal.title) is None or title not in {column.key for column in proposal.kept}:
        numbered[title] = {"type": "autonumber", "label": _RUNNING_NUMBER.translated(translate), "pattern": "{seq:6}"}
    fields = {column.key: _field(column, column.key == title) for column in proposal.kept}
    return {
        "kind": "entity",
        "id": proposal.id,
        "label": proposal.label,
        "labelPlural": proposal.plural,
        "icon": proposal.icon,
        "titleField": title,
        "fields": {**numbered, **fields},
    }


def _field(column: ProposedColumn, is_title: bool) -> Raw:
    searched = {"search": True} if is_title and column.type in ("text", "email") else {}
    return {**column.definition, **searched}


def form_of(proposal: Proposal, translate: Translate) -> Raw:
    """A form for all uses, in sections by what the fields are where there are many."""
    sections = {
        key: {
            "order": 10 * place,
            "label": label.translated(translate),
            "columns": 1 if key == "texts" else 2,
            "items": {name: {"order": 10 * number} for number, name in enumerate(keys, 1)},
        }
        for place, (key, label, keys) in enumerate(_sections(proposal), 1)
    }
    return {
        "kind": "form",
        "id": f"{proposal.id}_form",
        "entity": proposal.id,
        "label": proposal.label,
        "use": ["create", "edit", "detail"],
        "sections": sections,
    }


def _sections(proposal: Proposal) -> Iterator[tuple[str, Message, list[str]]]:
    kept = proposal.kept
    title = title_key(proposal)
    own = [] if any(column.key == title for column in kept) else [title]
    texts = [column for column in kept if column.type in _WIDE and column.key != title]
    rest = [column for column in kept if column not in texts]
    groups: list[tuple[str, Message, list[ProposedColumn]]] = []
    if len(rest) > _ONE_SECTION:
        for key, label, types in (
            ("flags", _YES_OR_NO, {"boolean"}),
            ("dates", _WHEN, _DATES),
            ("figures", _FIGURES, _NUMBERS),
        ):
            some = [column for column in rest if column.type in types and column.key != title]
            if len(some) >= _FEWEST and len(some) < len(rest):
                groups.append((key, label, some))
                rest = [column for column in rest if column not in some]
    yield "details", _DETAILS, [*own, *_title_first(rest, title)]
    for key, label, some in groups:
        yield key, label, [column.key for column in some]
    if texts:
        yield "texts", _TEXTS, [column.key for column in texts]


def _title_first(columns: Sequence[ProposedColumn], title: str) -> list[str]:
    return sorted((column.key for column in columns), key=lambda key: key != title)


def view_of(proposal: Proposal, translate: Translate) -> Raw:
    """A list with the title and the first columns that say something."""
    title = title_key(proposal)
    telling = [column.key for column in proposal.kept if column.key != title and _telling(column, proposal.rows)]
    shown = [title, *telling][:_COLUMNS]
    columns: Raw = {key: {"order": 10 * place, **_narrowed(place)} for place, key in enumerate(shown, 1)}
    columns[title]["link"] = True
    return {
        "kind": "view",
        "id": f"{proposal.id}_all",
        "entity": proposal.id,
        "type": "list",
        "label": _ALL.translated(translate),
        "order": 10,
        "default": True,
        "columns": columns,
    }


def _narrowed(place: int) -> Raw:
    below = _NARROW[place - 1]
    return {"hideBelow": below} if below else {}


def _telling(column: ProposedColumn, rows: int) -> bool:
    """Whether the cells of a column differ and are mostly there."""
    return column.type not in _WIDE and column.distinct > 1 and column.blanks <= _MOSTLY_BLANK * max(rows, 1)


def entry_of(proposal: Proposal, extras: Extras) -> Raw:
    """The line of a menu that leads to the records."""
    goal = {"view": f"{proposal.id}_all"} if extras.view else {"entity": proposal.id}
    return {"label": proposal.plural, "icon": proposal.icon, **goal}


def with_entry(menu: Mapping[str, Any], proposal: Proposal, extras: Extras) -> Raw:
    """A menu with that line at its end; unchanged in its other lines."""
    items = dict(menu.get("items", {}))
    key = key_from(proposal.id.partition(".")[2], set(), "entry")
    last = max((item.get("order", 0) for item in items.values()), default=0)
    order = items.get(key, {}).get("order", last + 10)
    return {**menu, "items": {**items, key: {"order": order, **entry_of(proposal, extras)}}}


def without_entries(menu: Mapping[str, Any], gone: Collection[str]) -> Raw:
    """A menu without the lines that lead to documents that are gone."""
    items = {
        key: item
        for key, item in menu.get("items", {}).items()
        if item.get("view") not in gone and item.get("entity") not in gone
    }
    return {**menu, "items": items}
