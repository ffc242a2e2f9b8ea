"""The names in the source of an expression: fields, options, roles and functions, each with its exact place."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from trellis.engine.expr.parser import Parsed, dotted, parse
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.tokens import KEYWORDS, Sort, Token, tokens
from trellis.engine.usage.mentions import Hit, Span, field_path
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot

CONSTANTS = frozenset({"true", "false", "null"})
_BARE = re.compile(r"[\w .,+\-*/%<>=!()]*", re.ASCII)
_CHAIN = re.compile(r"(?<![\w.])([A-Za-z]\w*(?:\s*\.\s*[A-Za-z]\w*)*)(\s*\()?", re.ASCII)
_WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
PASSING = frozenset({"when", "coalesce", "least", "greatest", "clamp"})
"""Functions that give back one of their arguments."""
Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class About:
    """Whose names a source uses: those of `entity`, of candidates of entity `target`; `gives` is what comes out."""

    entity: str
    target: str | None = None
    gives: FieldType | None = None


def names(source: str, about: About, snapshot: Snapshot) -> tuple[Hit, ...]:
    """Everything that a source names; of a source that cannot be read the names that look like some."""
    if _BARE.fullmatch(source):
        return tuple(_in_bare(source, about, snapshot))
    try:
        parsed = parse(source)
    except ExprError:
        return tuple(_in_tokens(source, about, snapshot))
    reader = _Reader(parsed, about, snapshot)
    found = dict.fromkeys(reader.read())
    return tuple(sorted(found, key=lambda hit: hit.span or (0, 0)))


def options_path(field: FieldType) -> str | None:
    """The path below which the options of a choice stand: an option set, or the field itself."""
    if getattr(field, "choices", None) is None:
        return None
    shared: str | None = getattr(field, "optionset", None)
    return f"{shared}#/options" if shared else f"{field.entity}#/fields/{field.key}/options"


def walk_path(parts: Iterable[str], entity: str, snapshot: Snapshot) -> Iterator[tuple[Field, FieldType | None]]:
    """The fields that a path over lookups passes, as far as it can be followed."""
    here: str | None = entity
    for part in parts:
        if here is None:
            return
        known = snapshot.entities.get(here)
        field = known.all_fields.get(part) if known else None
        yield (here, part), field
        here = field.target if field is not None and not field.multiple else None


def path_hits(text: str, start: int, entity: str, snapshot: Snapshot) -> Iterator[Hit]:
    """The fields of a dotted path that stands in a text from `start` on."""
    parts = text.split(".")
    for (owner, key), _ in walk_path(parts, entity, snapshot):
        yield Hit(field_path(snapshot, owner, key), (start, start + len(key)))
        start += len(key) + 1


class _Reader:
    """One walk over a syntax tree; what stands side by side shares the options of its fields."""

    def __init__(self, parsed: Parsed, about: About, snapshot: Snapshot) -> None:
        self.parsed, self.about, self.snapshot = parsed, about, snapshot

    def read(self) -> Iterator[Hit]:
        gives = [self.about.gives] if self.about.gives is not None else []
        yield from self._options([self.parsed.tree], gives)
        yield from self._node(self.parsed.tree)

    def _node(self, node: ast.expr) -> Iterator[Hit]:
        match node:
            case ast.Name() | ast.Attribute():
                yield from self._chain(node)
                return
            case ast.Call():
                yield from self._call(node)
            case ast.Compare():
                yield from self._compared(node)
            case ast.IfExp():
                yield from self._options([node.body, node.orelse])
        for child in _operands(node):
            yield from self._node(child)

    def _chain(self, node: ast.expr) -> Iterator[Hit]:
        nodes: list[ast.expr] = []
        while isinstance(node, ast.Attribute):
            nodes.insert(0, node)
            node = node.value
        nodes.insert(0, node)
        spans = [self._end(part) for part in nodes]
        yield from _resolved(_parts(nodes), spans, self.about, self.snapshot)

    def _end(self, node: ast.expr) -> Span:
        """Where the last name of a chain stands in what was typed."""
        whole = self.parsed.span(node)
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        return whole.end - len(name), whole.end

    def _call(self, node: ast.Call) -> Iterator[Hit]:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        yield Hit(f"function:{name}", self._end(node.func))
        if name == "has" and len(node.args) > 1:
            yield from self._options(node.args)
        elif name in PASSING:
            yield from self._options(_values(node))
        elif name in ("changed", "in_role") and node.args and (key := self._text(node.args[0])):
            target = key if name == "in_role" else field_path(self.snapshot, self.about.entity, key)
            yield Hit(target, self._inside(node.args[0], key))

    def _compared(self, node: ast.Compare) -> Iterator[Hit]:
        sides = [node.left, *node.comparators]
        for left, right in pairwise(sides):
            yield from self._options([left, *(right.elts if isinstance(right, ast.Tuple) else [right])])

    def _options(self, sides: Iterable[ast.expr], fields: Iterable[FieldType] = ()) -> Iterator[Hit]:
        """The texts among values that stand side by side which are keys of options of the fields among them."""
        leaves = [leaf for side in sides for leaf in _leaves(side)]
        texts = [(leaf, text) for leaf in leaves if (text := self._text(leaf)) is not None]
        if not texts:
            return
        known = [*fields, *(field for leaf in leaves if (field := self._field(leaf)) is not None)]
        for field in known:
            place = options_path(field)
            for leaf, text in texts if place else ():
                if text in field.choices:  # type: ignore[attr-defined]
                    yield Hit(f"{place}/{text}", self._inside(leaf, text))

    def _field(self, node: ast.expr) -> FieldType | None:
        parts = dotted(node)
        if parts is None:
            return None
        found: FieldType | None = None
        start, entity = _start(parts, self.about, self.snapshot)
        for _, field in walk_path(parts[start:], entity, self.snapshot) if entity else ():
            found = field
        return found

    def _text(self, node: ast.expr) -> str | None:
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None

    def _inside(self, node: ast.expr, text: str) -> Span:
        """Where the text of a constant stands, without its quotes."""
        whole = self.parsed.span(node)
        return whole.start + 1, whole.start + 1 + len(text)


def _parts(nodes: Iterable[ast.expr]) -> tuple[str, ...]:
    return tuple(
        node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        for node in nodes
    )


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        yield from node.args
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    """The parts of an expression whose value may be its own."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            yield from _leaves(body)
            yield from _leaves(orelse)
        case ast.Call(func=ast.Name(id=name)) if name in PASSING:
            for value in _values(node):
                yield from _leaves(value)
        case _:
            yield node


def _values(node: ast.Call) -> list[ast.expr]:
    """The arguments of a function that it may give back: in `when` those behind the conditions, and the last."""
    if isinstance(node.func, ast.Name) and node.func.id == "when":
        return [*node.args[1:-1:2], *node.args[-1:]]
    return node.args


def _start(parts: tuple[str, ...], about: About, snapshot: Snapshot) -> tuple[int, str | None]:
    """How many parts come before the first field, and of which entity that is; None for names that are no fields."""
    entity = snapshot.entities.get(about.entity)
    if parts[0] == "me" or parts in (("record", "exists"),) or (len(parts) == 1 and parts[0] in CONSTANTS):
        return 0, None
    if len(parts) > 1 and parts[0] == "target" and about.target is not None:
        return 1, about.target
    if len(parts) > 1 and parts[0] in ("record", "prev") and not (entity and entity.field(parts[0])):
        return 1, about.entity
    return 0, about.entity


def _resolved(parts: tuple[str, ...], spans: list[Span], about: About, snapshot: Snapshot) -> Iterator[Hit]:
    start, entity = _start(parts, about, snapshot)
    fields = walk_path(parts[start:], entity, snapshot) if entity else ()
    for ((owner, key), _), span in zip(fields, spans[start:], strict=False):
        yield Hit(field_path(snapshot, owner, key), span)


def _in_bare(source: str, about: About, snapshot: Snapshot) -> Iterator[Hit]:
    """The names in a plain source without texts, where no option can stand: found without its grammar."""
    for found in _CHAIN.finditer(source):
        if found[1] in KEYWORDS:
            continue
        if found[2] and found[1].isidentifier():
            yield Hit(f"function:{found[1]}", found.span(1))
        else:
            spans = [(part.start() + found.start(), part.end() + found.start()) for part in _WORD.finditer(found[1])]
            yield from _resolved(tuple(_WORD.findall(found[1])), spans, about, snapshot)


def _in_tokens(source: str, about: About, snapshot: Snapshot) -> Iterator[Hit]:
    """The names in a source that cannot be read: chains of words, and words before a bracket."""
    chain: list[Token] = []
    for token in (*tokens(source), None):
        if token is not None and _continues(chain, token):
            chain.append(token)
            continue
        words = [one for one in chain if one.sort is Sort.NAME]
        if words and token is not None and token.is_sign("(") and len(words) == 1:
            yield Hit(f"function:{words[0].text}", (words[0].start, words[0].end))
        elif words:
            spans = [(one.start, one.end) for one in words]
            yield from _resolved(tuple(one.text for one in words), spans, about, snapshot)
        chain = [token] if token is not None and token.sort is Sort.NAME and not token.keyword else []


def _continues(chain: list[Token], token: Token) -> bool:
    if not chain:
        return False
    if chain[-1].sort is Sort.NAME:
        return token.is_sign(".")
    return token.sort is Sort.NAME and not token.keyword
