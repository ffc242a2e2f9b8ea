"""The state of a list as its address says it, and addresses for changed states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from trellis.engine import filterrules
from trellis.engine.filterrules import rule_source
from trellis.engine.query import SortKey
from trellis.kernel.errors import FieldError
from trellis.metadata.documents import View
from trellis.metadata.fieldtypes import Refused
from trellis.services.context import Context
from trellis.web.render.lists import usable

SCOPES = ("own", "shared", "all")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the filter builder: a field, an operator, what was typed."""

    path: str
    operator: str
    value: str = ""
    value2: str = ""

    @property
    def text(self) -> str:
        return ":".join((self.path, self.operator, self.value + (f"..{self.value2}" if self.value2 else "")))


@dataclass(frozen=True, slots=True)
class ListState:
    """Everything that decides which records a list shows, and how."""

    entity: str
    view: str = ""
    search: str = ""
    rules: tuple[Rule, ...] = ()
    any: bool = False
    expression: str = ""
    quick: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    cursor: str = ""
    scope: str = ""
    """`own`, `shared` (by others with the reader) or `all`, where somebody chose; else the view says."""

    @property
    def narrowed(self) -> bool:
        """Whether a person has narrowed the list."""
        return bool(self.search or self.rules or self.expression or self.quick or self.scope == "shared")

    def url(self, **changes: object) -> str:
        """The address of this state with some changes; the page starts again unless a cursor is given."""
        changed = replace(self, **{"cursor": "", **changes})  # type: ignore[arg-type]
        pairs = [("view", changed.view), ("q", changed.search), ("quick", changed.quick)]
        pairs += [("f", rule.text) for rule in changed.rules]
        pairs += [("join", "any" if changed.any and changed.rules else ""), ("filter", changed.expression)]
        pairs += [
            ("sort", changed.sort),
            ("scope", changed.scope),
            ("columns", ",".join(changed.columns)),
            ("cursor", changed.cursor),
        ]
        given = [(key, value) for key, value in pairs if value]
        return f"/records/{changed.entity}" + (f"?{urlencode(given)}" if given else "")

    def without(self, rule: Rule) -> str:
        """The address of this state without one rule."""
        return self.url(rules=tuple(item for item in self.rules if item is not rule))


def read_state(entity: str, params: Mapping[str, Sequence[str]]) -> ListState:
    """The state of a query string; builder inputs `field`, `op`, `value`, `value2` become a rule."""

    def one(key: str) -> str:
        return next(iter(params.get(key, ())), "").strip()

    rules = [rule for text in params.get("f", ()) if (rule := _rule(text)) is not None]
    for path, operator, value, value2 in zip(
        params.get("field", ()), params.get("op", ()), params.get("value", ()), params.get("value2", ()), strict=False
    ):
        if path and operator:
            rules.append(Rule(path, operator, value.strip(), value2.strip()))
    columns = tuple(item for text in params.get("columns", ()) for item in text.split(",") if item)
    return ListState(
        entity, one("view"), one("q")[:200], tuple(rules), one("join") == "any", one("filter"), one("quick"),
        one("sort"), columns, one("cursor"), one("scope") if one("scope") in SCOPES else "",
    )  # fmt: skip


def _rule(text: str) -> Rule | None:
    path, _, rest = text.partition(":")
    operator, _, value = rest.partition(":")
    first, dots, second = value.partition("..")
    return Rule(path, operator, first, second if dots else "") if path and operator else None


def condition_of(context: Context, state: ListState) -> tuple[str | None, list[FieldError]]:
    """The rules and the expression of a state as one source, and what is wrong with them."""
    errors: list[FieldError] = []
    parts: list[str] = []
    for place, rule in enumerate(state.rules):
        try:
            source = _source(context, state.entity, rule)
        except Refused as refused:
            errors.append(FieldError(f"f{place}", refused.code, refused.message))
            continue
        if source:
            parts.append(f"({source})")
    combined = (" or " if state.any else " and ").join(parts)
    if state.expression:
        return (f"({combined}) and ({state.expression})" if combined else state.expression), errors
    return combined or None, errors


def _source(context: Context, entity: str, rule: Rule) -> str | None:
    field = usable(context, entity, rule.path)
    return rule_source(field, filterrules.Rule(rule.path, rule.operator, rule.value, rule.value2)) if field else None


def sort_keys(context: Context, state: ListState, view: View | None) -> tuple[SortKey, ...]:
    """The order that was asked for, else the view's; what may not be sorted by is left out."""
    if state.sort:
        wanted = [SortKey(part.lstrip("-"), part.startswith("-")) for part in state.sort.split(",") if part]
    else:
        wanted = [SortKey(key.field, key.dir == "desc") for key in view.sort] if view else []
    return tuple(key for key in wanted if (field := usable(context, state.entity, key.path)) and field.sortable)
