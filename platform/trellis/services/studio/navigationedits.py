"""Menus as people edit them: a tree of entries as a flat list of rows, and back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trellis.services.studio.ordering import arranged, following, in_order
from trellis.services.studio.viewedits import free_key

Raw = Mapping[str, Any]
Path = tuple[str, ...]

GOALS = ("view", "entity", "builtin")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: where it stands in the document (nowhere yet for a new one), how deep, and what it shows."""

    path: Path
    depth: int = 0
    label: str = ""
    icon: str = ""
    goal: str = ""
    """What it leads to, such as `view:sales.lead_all`; a heading leads nowhere."""


@dataclass(frozen=True, slots=True)
class MenuInput:
    """Everything that the editor of a menu holds."""

    label: str
    rows: tuple[Row, ...] = ()
    order: int = 100


def read_menu(raw: Raw) -> MenuInput:
    """What the editor holds for a document."""
    return MenuInput(raw.get("label", ""), tuple(_rows(raw.get("items", {}), ())), raw.get("order", 100))


def write_menu(raw: Raw, below: Raw | None, given: MenuInput) -> Raw:
    """The document with the rows of the editor; `below` is what the pack has, None for the customer's own menus.

    An entry of the pack that goes below another one is hidden where it was and stands again under a key of the customer's.
    """
    items = _Tree(raw, below).items(_blocks(given.rows), ())
    order = {"order": given.order} if "order" in raw or given.order != 100 else {}
    return {**raw, "label": given.label, **order, "items": items}


def pointer_of(path: Path) -> str:
    """Where the entry of a path stands in its document."""
    return "/items/" + "/children/".join(path)


def hidden_rows(raw: Raw, below: Raw | None) -> tuple[Row, ...]:
    """The entries of the pack that the customer has hidden."""
    shown = {row.path for row in read_menu(raw).rows}
    return tuple(row for row in read_menu(below or {}).rows if row.path not in shown)


def new_menu(menu_id: str, label: str) -> Raw:
    """A menu without entries."""
    return {"kind": "navigation", "id": menu_id, "label": label, "items": {}}


def moved(rows: Sequence[Row], place: int, step: int) -> tuple[Row, ...]:
    """The rows with one moved among those beside it; what stands below it comes along."""
    blocks = _parted(rows)
    home = next(number for number, block in enumerate(blocks) if place < sum(map(len, blocks[: number + 1])))
    within = place - sum(map(len, blocks[:home]))
    if within:
        head, *rest = blocks[home]
        blocks[home] = [head, *_shifted(rest, within - 1, step)]
    else:
        blocks = _shifted(blocks, home, step)
    return tuple(row for block in blocks for row in block)


def nested(rows: Sequence[Row], place: int) -> tuple[Row, ...]:
    """The rows with one put below the one before it, where that can be: two levels, no more."""
    last = place + 1 == len(rows) or rows[place + 1].depth == 0
    if place == 0 or rows[place].depth or not last:
        return tuple(rows)
    return (*rows[:place], replace(rows[place], depth=1), *rows[place + 1 :])


def raised(rows: Sequence[Row], place: int) -> tuple[Row, ...]:
    """The rows with one taken out from below another; it comes behind that one and what is left below it."""
    if not rows[place].depth:
        return tuple(rows)
    end = next((after for after in range(place + 1, len(rows)) if not rows[after].depth), len(rows))
    return (*rows[:place], *rows[place + 1 : end], replace(rows[place], depth=0), *rows[end:])


def without(rows: Sequence[Row], place: int) -> tuple[Row, ...]:
    """The rows without one and what stands below it."""
    end = place + 1
    while rows[place].depth == 0 and end < len(rows) and rows[end].depth:
        end += 1
    return (*rows[:place], *rows[end:])


def restored(rows: Sequence[Row], raw: Raw, below: Raw | None, path: Path) -> tuple[Row, ...]:
    """The rows with a hidden one of the pack back: at the end, or at the end of what it stood below."""
    found = next((row for row in hidden_rows(raw, below) if row.path == path), None)
    if found is None:
        return tuple(rows)
    parent = next((place for place, row in enumerate(rows) if row.path == path[:-1]), None)
    if not found.depth or parent is None:
        return (*rows, replace(found, depth=0))
    end = next((after for after in range(parent + 1, len(rows)) if not rows[after].depth), len(rows))
    return (*rows[:end], found, *rows[end:])


def _rows(items: Mapping[str, Raw], above: Path) -> Iterator[Row]:
    for key in in_order(items):
        entry, path = items[key], (*above, key)
        yield Row(path, min(len(above), 1), entry.get("label", ""), entry.get("icon", ""), _goal(entry))
        yield from _rows(entry.get("children", {}), path)


def _goal(entry: Raw) -> str:
    return next((f"{name}:{entry[name]}" for name in GOALS if entry.get(name)), "")


def _parted(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of the first level, each with those below it."""
    blocks: list[list[Row]] = []
    for row in rows:
        if row.depth and blocks:
            blocks[-1].append(row)
        else:
            blocks.append([replace(row, depth=0)])
    return blocks


def _blocks(rows: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    return [(head, rest) for head, *rest in _parted([row for row in rows if row.path or row.label or row.goal])]


def _shifted(items: list[Any], place: int, step: int) -> list[Any]:
    rest = [*items[:place], *items[place + 1 :]]
    target = max(0, min(len(rest), place + step))
    return [*rest[:target], items[place], *rest[target:]]


@dataclass(frozen=True, slots=True)
class _Tree:
    """The entries of a document before the edit, and those of the pack."""

    raw: Raw
    below: Raw | None

    def items(self, blocks: Sequence[tuple[Row, list[Row]]], above: Path) -> dict[str, Any]:
        """The entries of one level with all below them."""
        known = dict(self.entries(above))
        named: list[str] = []
        for row, under in blocks:
            key = self.key(row, above, {*known, *named} - {row.path[-1] if row.path else ""}, named)
            path = (*above, key)
            entry = {**self.entry(row, path), **_shown(row)}
            children = self.items([(child, []) for child in under], row.path or path) if not above else {}
            known[key] = _with_children({"order": following(known), **entry}, children)
            named.append(key)
        return arranged(known, named)

    def key(self, row: Row, above: Path, taken: set[str], named: Sequence[str]) -> str:
        """The key of a row at its place: the one that it has, unless it comes from elsewhere."""
        if row.path and row.path[:-1] == above and row.path[-1] not in named:
            return row.path[-1]
        own = row.path[-1].removeprefix("x_") if row.path else ""
        if own and own not in taken and own in self.entries_below(above):
            return own
        name = own or row.label or row.goal.rpartition(".")[2] or row.goal.rpartition(":")[2]
        return free_key(name, taken, "x" if self.below is None else "pack")

    def entries(self, above: Path) -> Mapping[str, Raw]:
        return _entries(self.raw, above)

    def entries_below(self, above: Path) -> Mapping[str, Raw]:
        return _entries(self.below or {}, above)

    def entry(self, row: Row, path: Path) -> Raw:
        """What the row was before, as far as it says more than the editor does."""
        *above, key = path
        known = _entries(self.raw, row.path[:-1]).get(row.path[-1]) if row.path else None
        known = known or self.entries_below(tuple(above)).get(key) or {}
        order = {} if row.path[:-1] == tuple(above) and row.path else {"order": None}
        dropped = {"children", *GOALS, "label", "icon", *order}
        return {name: value for name, value in known.items() if name not in dropped}


def _entries(raw: Raw, above: Path) -> Mapping[str, Raw]:
    found: Mapping[str, Raw] = raw.get("items", {})
    for key in above:
        found = found.get(key, {}).get("children", {})
    return found


def _shown(row: Row) -> dict[str, Any]:
    kind, _, target = row.goal.partition(":")
    members = {"label": row.label, "icon": row.icon, **({kind: target} if kind in GOALS else {})}
    return {name: value for name, value in members.items() if value}


def _with_children(entry: Raw, children: Raw) -> dict[str, Any]:
    return {**entry, "children": children} if children else dict(entry)
