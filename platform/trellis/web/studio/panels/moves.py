"""Rows of a table on a panel that come, go and change places before anything is saved."""

from collections.abc import Iterable, Mapping, Sequence

from trellis.services.studio.fieldedits import key_for
from trellis.services.studio.ordering import moved
from trellis.web.studio.panels.specs import Kind, Spec
from trellis.web.studio.panels.texts import texts_of

Texts = dict[str, list[str]]


def moved_rows(texts: Mapping[str, Sequence[str]], act: str, specs: Iterable[Spec]) -> Texts:
    """The texts after a button: `add:/options`, `up:/options:east`, `down:…`, `drop:…`; the same for anything else."""
    verb, _, rest = act.partition(":")
    table, _, row = rest.partition(":")
    found = {name: list(values) for name, values in texts.items()}
    if verb == "add":
        return {**found, **_new_row(found, table, specs)}
    if verb == "drop":
        return {name: values for name, values in found.items() if not name.startswith(f"{table}#{row}/")}
    if verb in ("up", "down"):
        return _arranged(found, table, row, -1 if verb == "up" else 1)
    return found


def _rows(texts: Mapping[str, Sequence[str]], table: str) -> list[str]:
    start = table + "#"
    return list(dict.fromkeys(name[len(start) :].partition("/")[0] for name in texts if name.startswith(start)))


def with_keys(texts: Mapping[str, Sequence[str]], specs: Iterable[Spec], prefix: str) -> Texts:
    """The texts with keys for rows that have a label only; `prefix` is what new keys begin with."""
    found = {name: list(values) for name, values in texts.items()}
    for spec in specs:
        if spec.kind is not Kind.ROWS:
            continue
        taken = {key for row in _rows(found, spec.name) if (key := _cell(found, spec.name, row, "key"))}
        for row in _rows(found, spec.name):
            label = _cell(found, spec.name, row, "label")
            if label and not _cell(found, spec.name, row, "key"):
                key = key_for(label, taken, prefix=prefix, fallback="option")
                found[f"{spec.name}#{row}/key"] = [key]
                taken.add(key)
    return found


def _cell(texts: Texts, table: str, row: str, member: str) -> str:
    return "".join(texts.get(f"{table}#{row}/{member}", ())).strip()


def _new_row(texts: Texts, table: str, specs: Iterable[Spec]) -> Texts:
    """The inputs of one more row, as they stand when nobody has typed."""
    row = _fresh(texts, table)
    for spec in specs:
        if spec.name == table:
            cells = texts_of(spec.rows, {})
            return {f"{table}#{row}/key": [""]} | {f"{table}#{row}{name}": found for name, found in cells.items()}
    return {}


def _fresh(texts: Texts, table: str) -> str:
    rows, number = _rows(texts, table), 1
    while f"+{number}" in rows:
        number += 1
    return f"+{number}"


def _arranged(texts: Texts, table: str, row: str, step: int) -> Texts:
    order = moved(_rows(texts, table), row, step)
    apart = {name: values for name, values in texts.items() if not name.startswith(table + "#")}
    rows = {name: texts[name] for one in order for name in texts if name.startswith(f"{table}#{one}/")}
    return {**apart, **rows}
