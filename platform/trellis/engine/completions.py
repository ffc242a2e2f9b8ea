"""What can be written at a place in an expression: fields, options, functions and words, the likeliest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from trellis.engine.cursor import Operand, Situation, situation
from trellis.engine.expr import limits
from trellis.engine.expr.functions import STANDARD, FunctionRegistry
from trellis.engine.expr.habits import function_hint
from trellis.engine.expr.scope import ME, EntityCatalogue, EntityScope, FieldInfo
from trellis.engine.expr.signatures import Function, Slot
from trellis.engine.expr.types import BOOL, ORDERED, Kind, Type, comparable
from trellis.engine.matching import likeness
from trellis.kernel.messages import Message, Translate

MOST = 20
LONGEST_NAME = 60
ROOTS = ("record", "prev", "target")
JOINING: Mapping[str, Message] = {
    "and": Message("both are true"),
    "or": Message("at least one is true"),
    "if": Message("a value under a condition"),
    "else": Message("the value otherwise"),
}
COMPARING: Mapping[str, Message] = {
    "==": Message("equals"),
    "!=": Message("differs from"),
    "in (": Message("is one of"),
    "not in (": Message("is none of"),
}
ORDERING: Mapping[str, Message] = {
    ">": Message("more than"),
    ">=": Message("at least"),
    "<": Message("less than"),
    "<=": Message("at most"),
}
CONSTANTS: Mapping[str, Message] = {
    "true": Message("yes"),
    "false": Message("no"),
    "null": Message("no value"),
    "not": Message("the opposite"),
}


class CompletionKind(StrEnum):
    """What a completion stands for."""

    FIELD = "field"
    FUNCTION = "function"
    OPTION = "option"
    KEYWORD = "keyword"
    PARAMETER = "parameter"


@dataclass(frozen=True, slots=True)
class Completion:
    """One proposal: what to insert, what people call it, what it is, and for functions what they do."""

    insert: str
    label: str
    detail: Message
    kind: CompletionKind
    doc: Message | None = None


@dataclass(frozen=True, slots=True)
class CallHint:
    """The call that is being written, and which of its values is (0 is the first)."""

    signature: str
    position: int
    doc: Message


@dataclass(frozen=True, slots=True)
class Completions:
    """Proposals for the characters `start` up to `end` of the source."""

    start: int
    end: int
    items: tuple[Completion, ...] = ()
    call: CallHint | None = None


class Vocabulary(EntityCatalogue, Protocol):
    """A catalogue that also knows what can be chosen."""

    def choices(self, entity_id: str, field_key: str) -> Mapping[str, str]:
        """The options of a field with their labels, in order."""


def complete(
    source: str,
    cursor: int,
    scope: EntityScope,
    vocabulary: Vocabulary,
    *,
    functions: FunctionRegistry = STANDARD,
    translate: Translate = str,
) -> Completions:
    """Up to 20 proposals at a cursor, whatever the source looks like; `translate` finds functions by what they do."""
    cursor = min(max(cursor, 0), len(source))
    place = situation(source, cursor) if len(source) <= limits.SOURCE_LENGTH else None
    if place is None:
        return Completions(cursor, cursor)
    proposer = _Proposer(place, scope, vocabulary, functions, translate)
    return Completions(place.start, place.end, proposer.best(), proposer.call())


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A completion that may be kept: whether its type suits the place, what else it is found by, whether it surely is meant."""

    completion: Completion
    fits: bool = True
    words: str = ""
    meant: bool = False


@dataclass(frozen=True, slots=True)
class _Proposer:
    """Makes the proposals for one place."""

    place: Situation
    scope: EntityScope
    vocabulary: Vocabulary
    functions: FunctionRegistry
    translate: Translate

    def best(self) -> tuple[Completion, ...]:
        """Those that look like what was typed: the most alike first, of these first the ones of a suitable type."""
        if len(self.place.typed) > LONGEST_NAME:
            return ()
        ranked: list[tuple[int, bool, int, Completion]] = []
        for number, proposal in enumerate(self._all()):
            found = proposal.completion
            rank = 0 if proposal.meant else likeness(self.place.typed, found.insert, found.label, proposal.words)
            if rank is not None:
                ranked.append((rank, not proposal.fits, number, found))
        return tuple(found for *_, found in sorted(ranked, key=lambda item: item[:3])[:MOST])

    def call(self) -> CallHint | None:
        """The call around the place."""
        argument, function = self.place.argument, self._function()
        if argument is None or function is None:
            return None
        return CallHint(function.signature, argument.position, Message(function.doc))

    def _all(self) -> Iterator[_Proposal]:
        if self.place.quoted:
            yield from self._texts()
        elif self.place.chain:
            yield from self._behind(self.place.chain)
        elif self.place.operand:
            yield from self._texts()
            yield from self._values()
        else:
            yield from self._signs()

    def _values(self) -> Iterator[_Proposal]:
        yield from self._fields(self.scope.entity)
        yield from (self._field(f"me.{key}", FieldInfo(kind)) for key, kind in ME.items())
        for root, known in zip(ROOTS, (True, self.scope.previous, self.scope.target), strict=True):
            if known:
                yield _word(f"{root}.", _ROOTS[root])
        yield from (self._called(function) for function in self.functions if self._callable(function))
        for word, meaning in CONSTANTS.items():
            yield _word(word, meaning, fits=self._suits(BOOL))

    def _texts(self) -> Iterator[_Proposal]:
        """The texts in quotes that can stand here."""
        if self.place.partner is not None:
            yield from self._options(self.place.partner)
            return
        argument, function, slot = self.place.argument, self._function(), self._slot()
        if argument is None or function is None or slot is None:
            return
        for choice in slot.choices:
            yield _Proposal(_text(choice, choice, Message("for {name}", {"name": slot.name}), CompletionKind.PARAMETER))
        if function.name == "changed":
            yield from (_quoted(proposal) for proposal in self._fields(self.scope.entity))
        alike = _alike(function, slot, argument.position)
        if alike is not None and alike < len(argument.given):
            yield from self._options(argument.given[alike])

    def _options(self, operand: Operand | None) -> Iterator[_Proposal]:
        """The options of the field that an operand names."""
        if operand is None or operand.called:
            return
        entity = self._entity(operand.names[:-1])
        choices = self.vocabulary.choices(entity, operand.names[-1]) if entity else {}
        for key, label in choices.items():
            yield _Proposal(_text(key, label, Message("option '{key}'", {"key": key}), CompletionKind.OPTION))

    def _behind(self, chain: tuple[str, ...]) -> Iterator[_Proposal]:
        """What can follow the names of a chain."""
        if chain == ("me",):
            yield from (self._field(key, FieldInfo(kind)) for key, kind in ME.items())
            return
        entity = self._entity(chain)
        if entity is None:
            return
        if chain == ("record",):
            yield self._field("exists", FieldInfo(BOOL))
        yield from self._fields(entity)

    def _fields(self, entity: str) -> Iterator[_Proposal]:
        for key in self.vocabulary.field_keys(entity):
            info = self.vocabulary.field_type(entity, key)
            if info is not None and info.type is not None:
                yield self._field(key, info)

    def _field(self, key: str, info: FieldInfo) -> _Proposal:
        detail = Message(str(info.type))
        if info.target is not None:
            detail = Message("link to {entity}", {"entity": self.vocabulary.label(info.target)})
        completion = Completion(key, info.label or key, detail, CompletionKind.FIELD)
        return _Proposal(completion, self._suits(info.type))

    def _called(self, function: Function) -> _Proposal:
        brackets = "" if self.place.opened else "(" if function.slots else "()"
        completion = Completion(
            function.name + brackets,
            function.name,
            Message(function.signature),
            CompletionKind.FUNCTION,
            Message(function.doc),
        )
        fits = not isinstance(function.returns, Type) or self._suits(function.returns)
        return _Proposal(completion, fits, self.translate(function.doc), self._habit(function))

    def _habit(self, function: Function) -> bool:
        """Whether spreadsheets have another name for the function, and it was typed: IF for `when`."""
        hint = function_hint(self.place.typed, self.functions)
        return hint is not None and str(hint.params.get("text")).startswith(f"{function.name}(")

    def _callable(self, function: Function) -> bool:
        """Whether the scope has what the function reads."""
        if not function.scoped:
            return True
        settings = any(name.startswith(f"{function.name}.") for name in self.scope.parameters)
        return self.scope.previous if function.name == "changed" else settings

    def _signs(self) -> Iterator[_Proposal]:
        """What can follow the value that just ended."""
        kind = self._type(self.place.before)
        words: dict[str, Message] = {}
        if kind is None or kind.kind is not Kind.OPTIONS:
            words |= COMPARING
        if kind is None or kind.kind in ORDERED:
            words |= ORDERING
        joining = JOINING if kind is None or kind.kind is Kind.BOOL else {}
        yield from (_word(word, meaning) for word, meaning in {**joining, **words}.items())

    def _suits(self, kind: Type | None) -> bool:
        """Whether a value of this type can stand here, as far as one can tell."""
        wanted = self._type(self.place.partner)
        return wanted is None or (kind is not None and comparable(kind, wanted))

    def _type(self, operand: Operand | None) -> Type | None:
        if operand is None:
            return None
        if operand.called:
            function = self.functions.get(operand.names[0])
            return function.returns if function and isinstance(function.returns, Type) else None
        if operand.names[0] == "me":
            return ME.get(operand.names[-1])
        entity = self._entity(operand.names[:-1])
        info = self.vocabulary.field_type(entity, operand.names[-1]) if entity else None
        return info.type if info else None

    def _entity(self, chain: tuple[str, ...]) -> str | None:
        """The entity whose fields can follow a chain of lookups."""
        entity, hops = self._root(chain)
        if len(hops) > limits.LOOKUP_HOPS:
            return None
        for key in hops:
            info = self.vocabulary.field_type(entity, key)
            if info is None or info.target is None or info.type is None or info.type.kind is not Kind.REF:
                return None
            entity = info.target
        return entity

    def _root(self, chain: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        match chain:
            case ("target", *_) if self.scope.target is not None:
                return self.scope.target, chain[1:]
            case ("record", *_):
                return self.scope.entity, chain[1:]
            case ("prev", *_) if self.scope.previous:
                return self.scope.entity, chain[1:]
        return self.scope.entity, chain

    def _function(self) -> Function | None:
        return self.functions.get(self.place.argument.function) if self.place.argument else None

    def _slot(self) -> Slot | None:
        """What the function takes here."""
        argument, function = self.place.argument, self._function()
        if argument is None or function is None or not function.slots:
            return None
        within = function.repeats > 0 or argument.position < len(function.slots)
        return function.slot(argument.position) if within else None


_ROOTS: Mapping[str, Message] = {
    "record": Message("the record itself"),
    "prev": Message("the values before the change"),
    "target": Message("the record that can be chosen"),
}


def _alike(function: Function, slot: Slot, position: int) -> int | None:
    """Which earlier value of a call says what this one can be."""
    if slot.option_of is not None:
        return slot.option_of
    return function.alike[0] if position and function.slot_index(position) in function.alike else None


def _word(word: str, meaning: Message, *, fits: bool = True) -> _Proposal:
    return _Proposal(Completion(word, word, meaning, CompletionKind.KEYWORD), fits)


def _text(key: str, label: str, detail: Message, kind: CompletionKind) -> Completion:
    return Completion(f"'{key}'", label, detail, kind)


def _quoted(proposal: _Proposal) -> _Proposal:
    found = proposal.completion
    return _Proposal(_text(found.insert, found.label, found.detail, CompletionKind.PARAMETER))
