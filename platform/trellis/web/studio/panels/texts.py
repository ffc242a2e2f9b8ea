"""Parts of documents as the texts of inputs, and back; what nobody touched comes back as it was."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from trellis.metadata.fieldtypes import FieldType, Refused, fieldtypes
from trellis.metadata.layers.places import MISSING, value_at
from trellis.services.studio.ordering import arranged, following, in_order
from trellis.web.studio.panels.specs import Kind, Path, Spec

Raw = Mapping[str, Any]
Texts = Mapping[str, Sequence[str]]
"""The texts of inputs by name."""

EXPR = "/expr"
"""What the name of the second input of a default ends with."""
KEY = "key"
WAS = "was"

VERBATIM = frozenset({"separator", "pattern"})
"""Members in which blanks at the ends count."""

_WHOLE = re.compile(r"-?\d{1,18}")


def texts_of(specs: Iterable[Spec], raw: Raw) -> dict[str, list[str]]:
    """What stands in the inputs for a part of a document."""
    found: dict[str, list[str]] = {}
    for spec in specs:
        value = value_at(raw, spec.path)
        shown = spec.default if value is MISSING else value
        if spec.kind is Kind.ROWS:
            found |= _row_texts(spec, value if isinstance(value, Mapping) else {})
        elif spec.kind is Kind.DEFAULT:
            computed = isinstance(shown, Mapping) and set(shown) == {"expr"}
            found[spec.name] = [] if computed else _text(spec, shown)
            found[spec.name + EXPR] = [str(shown["expr"])] if computed else []
        else:
            found[spec.name] = _text(spec, shown)
    return found


def typed_over(known: Texts, typed: Texts | None) -> dict[str, Sequence[str]]:
    """What stands in the inputs: what was typed, if somebody did; the rows of tables then are only those."""
    if typed is None:
        return dict(known)
    given = {name: values for name, values in typed.items() if name[:1] in ("/", "@")}
    return {name: values for name, values in known.items() if "#" not in name} | given


def row_name(spec: Spec, row: str, member: str) -> str:
    """The name of an input in a row of a table: the rows are named by themselves, not by their keys."""
    return f"{spec.name}#{row}/{member}"


def rows_in(spec: Spec, texts: Texts) -> list[str]:
    """The names of the rows of a table, in the order in which they came."""
    start = spec.name + "#"
    return list(dict.fromkeys(name[len(start) :].partition("/")[0] for name in texts if name.startswith(start)))


def _row_texts(spec: Spec, elements: Mapping[str, Raw]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in in_order(elements):
        found[row_name(spec, key, KEY)] = [key]
        found[row_name(spec, key, WAS)] = [key]
        for name, texts in texts_of(spec.rows, elements[key]).items():
            found[row_name(spec, key, name[1:])] = texts
    return found


def _text(spec: Spec, value: Any) -> list[str]:
    match value:
        case None | False:
            return []
        case True:
            return ["1"] if spec.kind is Kind.CHECK else ["true"]
        case str():
            return [value] if value else []
        case int():
            return [str(value)]
        case list() | tuple() if spec.kind in (Kind.FIELDS, Kind.DEFAULT):
            return [str(item) for item in value]
        case list() | tuple() if spec.kind is Kind.LIST:
            return ["\n".join(map(str, value))] if value else []
        case _:
            return [json.dumps(value, ensure_ascii=False, indent=2)] if value else []


def written(specs: Iterable[Spec], texts: Texts, before: Raw, locked: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The part that the inputs describe; members that nobody touched, or that are locked, stay as they were.

    Texts that are no value of their member are kept as texts, so that the check of the document finds them.
    """
    known = tuple(specs)
    shown = texts_of(known, before)
    found: Any = dict(before)
    for spec in known:
        if spec.name in locked:
            continue
        if spec.kind is Kind.ROWS:
            rows = _rows(spec, texts, value_at(before, spec.path))
            found = _with(found, spec, rows)
        elif _touched(spec, texts, shown):
            found = _with(found, spec, _value(spec, texts, found))
    return _without_empty_groups(known, found, before)


def _touched(spec: Spec, texts: Texts, shown: Texts) -> bool:
    names = (spec.name, spec.name + EXPR) if spec.kind is Kind.DEFAULT else (spec.name,)
    return any(_plain(texts.get(name, ())) != _plain(shown.get(name, ())) for name in names)


def _plain(texts: Sequence[str]) -> list[str]:
    """Texts as they compare: browsers send line breaks in their own way, and empty inputs too."""
    return [text for text in (text.replace("\r\n", "\n") for text in texts) if text.strip()]


def _with(part: Raw, spec: Spec, value: Any) -> dict[str, Any]:
    """The part with a member set; without it, when it says no more than leaving it out does."""
    is_default = value is None or (value == spec.default and isinstance(value, bool) == isinstance(spec.default, bool))
    if is_default and (value is None or value_at(part, spec.path) is MISSING):
        return _dropped(part, spec.path)
    return _put(part, spec.path, value)


def _put(part: Raw, path: Path, value: Any) -> dict[str, Any]:
    first, *rest = path
    below = part.get(first)
    inner = _put(below if isinstance(below, Mapping) else {}, tuple(rest), value) if rest else value
    return {**part, first: inner}


def _dropped(part: Raw, path: Path) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return {name: value for name, value in part.items() if name != first}
    below = part.get(first)
    return {**part, first: _dropped(below, tuple(rest))} if isinstance(below, Mapping) else dict(part)


def _without_empty_groups(specs: Iterable[Spec], part: dict[str, Any], before: Raw) -> dict[str, Any]:
    """A group that may be missing as a whole goes when nothing is left in it."""
    for path in {spec.optional for spec in specs if spec.optional}:
        if value_at(part, path) == {} and value_at(before, path) != {}:
            part = _dropped(part, path)
    return part


def _value(spec: Spec, texts: Texts, part: Raw) -> Any:
    """What an input says; None when it is empty."""
    given = _plain(texts.get(spec.name, ()))
    text = given[-1] if given else ""
    match spec.kind:
        case Kind.CHECK:
            return bool(given)
        case Kind.INTEGER:
            return (int(text) if _WHOLE.fullmatch(text.strip()) else text.strip()) if given else None
        case Kind.FIELDS:
            return list(dict.fromkeys(given))
        case Kind.LIST:
            return [line.strip() for line in re.split(r"[\n,]", text) if line.strip()]
        case Kind.DEFAULT:
            return _default(texts.get(spec.name + EXPR, ()), given, part)
        case Kind.JSON:
            return _json(text) if given else None
        case Kind.DECIMAL | Kind.DATE | Kind.CHOICE | Kind.TEXT | Kind.LONG | Kind.EXPRESSION:
            said = text if spec.member in VERBATIM else text.strip()
            return said if given else ("" if isinstance(spec.default, str) else None)
        case _:
            return text.strip() if given else ("" if spec.required else None)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _default(computed: Sequence[str], given: Sequence[str], field: Raw) -> Any:
    """The default of a field: an expression, or a value as the type of the field writes it."""
    if source := "".join(_plain(computed)).strip():
        return {"expr": source}
    if not given:
        return None
    cls = fieldtypes.get(str(field.get("type")))
    return _typed(cls, field, given) if cls else given[-1]


def _typed(cls: type[FieldType], field: Raw, given: Sequence[str]) -> Any:
    if cls.multiple:
        return list(dict.fromkeys(part for text in given for part in re.split(r"[\n,;]\s*", text) if part))
    if "options" in cls.model_fields:
        return given[-1].strip()
    try:
        spec = cls.model_validate({**{key: value for key, value in field.items() if key != "default"}})
        return spec.to_json(spec.from_text(given[-1]))
    except (Refused, ValueError):
        return given[-1]


def _rows(spec: Spec, texts: Texts, before: Any) -> Any:
    """The elements of a table in the order of its rows; those without a key are gone."""
    known: Mapping[str, Raw] = before if isinstance(before, Mapping) else {}
    found: dict[str, Any] = {}
    for row in rows_in(spec, texts):
        key, was = _cell(spec, texts, row, KEY), _cell(spec, texts, row, WAS)
        if not key:
            continue
        cells = {f"/{name}": values for name, values in _row(spec, texts, row)}
        element = written(spec.rows, cells, known.get(was, {}))
        found[key] = element if was in known else {"order": following(found), **element}
    if not found and before is MISSING:
        return None
    return arranged(found, list(found))


def _cell(spec: Spec, texts: Texts, row: str, member: str) -> str:
    return "".join(texts.get(row_name(spec, row, member), ())).strip()


def _row(spec: Spec, texts: Texts, row: str) -> Iterator[tuple[str, Sequence[str]]]:
    start = row_name(spec, row, "")
    return ((name[len(start) :], values) for name, values in texts.items() if name.startswith(start))
