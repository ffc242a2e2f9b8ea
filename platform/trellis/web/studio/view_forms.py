"""What a posted designer of a view holds, and what its buttons do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from trellis.metadata.documents.view import FORMATS, LIST_ACTIONS, SUMMARIES
from trellis.services.studio.ordering import moved
from trellis.services.studio.viewedits import (
    HIDDEN_BELOW,
    PAGE_SIZE,
    ColumnInput,
    QuickInput,
    SortInput,
    ViewInput,
    shifted,
    with_column,
)
from trellis.web.studio.rule_rows import read_rule_rows

Texts = Mapping[str, Sequence[str]]
WIDEST = 80
"""The most characters that a column can be made wide."""


@dataclass(frozen=True, slots=True)
class Press:
    """The button that was pressed: what it does, and to what."""

    action: str = ""
    target: str = ""

    def of(self, action: str) -> str:
        """What the action is about, if it is this one."""
        return self.target if self.action == action else ""


def press_of(texts: Texts) -> Press:
    """The button of a form; `up:account.name` moves a column up."""
    action, _, target = one(texts, "do").partition(":")
    return Press(action, target)


def read_form(texts: Texts, press: Press) -> ViewInput:
    """Everything that the form holds, after the button did what it does."""
    given = ViewInput(
        label=one(texts, "label"),
        columns=tuple(_column(texts, path) for path in dict.fromkeys(texts.get("column", ()))),
        filter=read_rule_rows(texts, "filter", _dropped(press, "filter")),
        sort=tuple(_sort(texts, press)),
        quick=tuple(_quick(texts, key, press) for key in dict.fromkeys(texts.get("quick", ()))),
        actions=_some(tuple(dict.fromkeys(texts.get("action", ())))),
        roles=tuple(dict.fromkeys(texts.get("role", ()))),
        priority=_number(one(texts, "priority"), 0),
        scope="own" if one(texts, "scope") == "own" else "all",
        page_size=_number(one(texts, "page_size"), PAGE_SIZE),
        icon=one(texts, "icon"),
        default="default" in texts,
    )
    return _pressed(given, press)


def one(texts: Texts, name: str) -> str:
    """The last text of a name, trimmed."""
    return next(iter(texts.get(name, ())[-1:]), "").strip()


def _pressed(given: ViewInput, press: Press) -> ViewInput:
    changes: dict[str, Callable[[str], ViewInput]] = {
        "add": lambda path: replace(given, columns=with_column(given.columns, path)),
        "remove": lambda path: replace(given, columns=tuple(item for item in given.columns if item.path != path)),
        "up": lambda path: replace(given, columns=shifted(given.columns, path, -1)),
        "down": lambda path: replace(given, columns=shifted(given.columns, path, 1)),
        "sort-up": lambda number: replace(given, sort=_shifted_sort(given.sort, number, -1)),
        "sort-down": lambda number: replace(given, sort=_shifted_sort(given.sort, number, 1)),
        "quick-up": lambda key: replace(given, quick=_shifted_quick(given.quick, key, -1)),
        "quick-down": lambda key: replace(given, quick=_shifted_quick(given.quick, key, 1)),
        "quick-remove": lambda key: replace(given, quick=tuple(item for item in given.quick if item.key != key)),
    }
    change = changes.get(press.action)
    return change(press.target) if change else given


def _column(texts: Texts, path: str) -> ColumnInput:
    hide = one(texts, f"hide:{path}")
    return ColumnInput(
        path,
        one(texts, f"heading:{path}"),
        hide if hide in HIDDEN_BELOW else "",
        link=one(texts, "link") == path,
        width=min(max(_number(one(texts, f"width:{path}"), 0), 0), WIDEST),
        format=_of(FORMATS, one(texts, f"format:{path}")),
        summary=_of(SUMMARIES, one(texts, f"summary:{path}")),
    )


def _of(known: Sequence[str], text: str) -> str:
    return text if text in known else ""


def _sort(texts: Texts, press: Press) -> list[SortInput]:
    return [
        SortInput(path, one(texts, f"sort-{number}-dir") == "desc")
        for number in texts.get("sort-row", ())
        if number != press.of("sort-remove") and (path := one(texts, f"sort-{number}-field"))
    ]


def _quick(texts: Texts, key: str, press: Press) -> QuickInput:
    name = f"quick-{key}"
    return QuickInput(key, one(texts, f"{name}-label"), read_rule_rows(texts, name, _dropped(press, name)))


def _some(actions: tuple[str, ...]) -> tuple[str, ...]:
    """The actions that are offered; all of them are written as none."""
    return () if set(actions) >= set(LIST_ACTIONS) else actions


def _dropped(press: Press, name: str) -> str:
    """The number of the row of a condition whose button for removing it was pressed."""
    start, _, number = press.of("drop").rpartition(":")
    return number if start == name else ""


def _shifted_sort(given: tuple[SortInput, ...], number: str, step: int) -> tuple[SortInput, ...]:
    places = moved([str(place) for place in range(len(given))], number, step)
    return tuple(given[int(place)] for place in places)


def _shifted_quick(given: tuple[QuickInput, ...], key: str, step: int) -> tuple[QuickInput, ...]:
    known = {item.key: item for item in given}
    return tuple(known[found] for found in moved([item for item in known if item], key, step)) + tuple(
        item for item in given if not item.key
    )


def _number(text: str, fallback: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else fallback
