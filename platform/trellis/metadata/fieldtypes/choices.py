"""Yes or no, one of a list, several of a list."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, Element, FieldType, Formats, Reading, Refused, excerpt, quoted
from trellis.metadata.fieldtypes.operators import CHOICE, IS, MULTIPLE, PRESENCE, Operator
from trellis.metadata.policies import TIGHTEN_DOWN, Hiding, Policies
from trellis.metadata.storagekinds import BooleanKind, SideTable, StorageKind, TextKind

_YES = frozenset({"true", "yes", "y", "1", "on", "t", "x", "是", "对", "真", "有"})
_NO = frozenset({"false", "no", "n", "0", "off", "f", "否", "不", "假", "无"})


class Boolean(FieldType):
    """Yes or no; values are bool."""

    title: ClassVar[str] = "Yes or no"
    expression_kind: ClassVar[str] = "bool"
    operators: ClassVar[tuple[Operator, ...]] = (IS, *PRESENCE)
    groupable: ClassVar[bool] = True
    type: Literal["boolean"]

    @property
    def storage(self) -> StorageKind:
        return BooleanKind()

    def annotation(self) -> Any:
        return Annotated[bool, BeforeValidator(_strictly_boolean)]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        word = text.strip().lower()
        if not word:
            return None
        if word in _YES or word in _NO:
            return word in _YES
        raise Refused("boolean", Message("“{text}” is neither yes nor no.", {"text": excerpt(text)}))

    def to_text(self, value: Any) -> str:
        return "" if value is None else ("true" if value else "false")

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.words("Yes" if value else "No")

    def literal(self, value: Any) -> str:
        return "true" if value else "false"

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["boolean", "null"]}


def _strictly_boolean(value: object) -> object:
    if isinstance(value, bool):
        return value
    raise Refused("boolean", Message("This must be true or false."))


class Option(Element):
    """One choice of a list."""

    hiding: ClassVar[Hiding | None] = "retire"

    order: int = 0
    label: str = ""
    tone: Literal["ok", "warn", "bad", "info", "success", "danger", "warning"] | None = None
    active: bool = True
    replaced_by: str | None = None
    when: str | None = None
    help: str = ""


class _Choice(FieldType):
    """What fields with a list of options share."""

    expression_kind: ClassVar[str] = "option"
    groupable: ClassVar[bool] = True
    options: dict[str, Option] | None = None
    optionset: str | None = None

    _choices: Mapping[str, Option] = PrivateAttr(default_factory=dict)

    def bound(self, key: str, entity: str, optionsets: Mapping[str, Any]) -> Self:
        copy = super().bound(key, entity, optionsets)
        shared = optionsets.get(self.optionset) if self.optionset else None
        choices = dict(shared.options if shared is not None else (self.options or {}))
        copy._choices = dict(sorted(choices.items(), key=lambda item: (item[1].order, item[0])))
        return copy

    @property
    def choices(self) -> Mapping[str, Option]:
        """The options in their order, own or shared, retired ones included."""
        return self._choices

    def option_label(self, key: str) -> str:
        """What people read for an option key."""
        option = self._choices.get(key)
        return option.label or key if option else key

    def option_key(self, text: str) -> str:
        """The key for text that is a key or a label, in any case; raises Refused."""
        wanted = text.strip()
        if wanted in self._choices:
            return wanted
        folded = wanted.casefold()
        for key, option in self._choices.items():
            if folded in (key.casefold(), option.label.casefold()):
                return key
        raise Refused(
            "option",
            Message("“{text}” is not one of the options of {label}.", {"text": excerpt(wanted), "label": self.caption}),
        )

    def _known(self) -> Callable[[str], str]:
        """The check that a value is an option, without a look at the model for each value."""
        choices = self._choices

        def known(value: str) -> str:
            if value not in choices:
                raise Refused("option", Message("“{value}” is not one of the options.", {"value": excerpt(value)}))
            return value

        return known


class Select(_Choice):
    """One of a list; values are option keys."""

    title: ClassVar[str] = "Choice"
    operators: ClassVar[tuple[Operator, ...]] = CHOICE
    type: Literal["select"]

    @property
    def storage(self) -> StorageKind:
        return TextKind()

    def annotation(self) -> Any:
        return Annotated[str, AfterValidator(self._known())]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return self.option_key(text) if text.strip() else None

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else self.option_label(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "enum": [*self._choices, None]}


class MultiSelect(_Choice):
    """Several of a list; values are tuples of option keys in the order chosen."""

    title: ClassVar[str] = "Several choices"
    expression_kind: ClassVar[str] = "options"
    operators: ClassVar[tuple[Operator, ...]] = MULTIPLE
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    multiple: ClassVar[bool] = True
    policies: ClassVar[Policies] = {"max": TIGHTEN_DOWN}
    type: Literal["multiselect"]
    max: int = Field(50, ge=1, le=200)

    @property
    def storage(self) -> StorageKind:
        return SideTable(TextKind())

    def annotation(self) -> Any:
        return Annotated[tuple[str, ...], BeforeValidator(many), AfterValidator(self._all_known)]

    def _all_known(self, values: tuple[str, ...]) -> tuple[str, ...]:
        if len(values) > self.max:
            raise too_many(self.max)
        return tuple(map(self._known(), values))

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return tuple(dict.fromkeys(self.option_key(part) for part in split_list(text)))

    def to_text(self, value: Any) -> str:
        return "; ".join(value or ())

    def to_json(self, value: Any) -> Any:
        return list(value or ())

    def display(self, value: Any, formats: Formats) -> str:
        return ", ".join(self.option_label(key) for key in value or ())

    def literal(self, value: Any) -> str:
        return quoted(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "enum": list(self._choices)}, "maxItems": self.max}


def split_list(text: str) -> list[str]:
    """The parts of a list that was written with ; or , or | or line breaks between them."""
    for mark in (";", "；", "|", "\n", "、", "，", ","):
        if mark in text:
            return [part.strip() for part in text.split(mark) if part.strip()]
    return [text.strip()] if text.strip() else []


def many(value: object) -> object:
    """A list of values as a tuple without repeats."""
    if not isinstance(value, list | tuple | set | frozenset):
        raise Refused("list", Message("This must be a list."))
    if not all(isinstance(item, str) for item in value):
        return tuple(value)
    return tuple(dict.fromkeys(item for item in value if item != ""))


def too_many(most: int) -> Refused:
    """More values than a field takes."""
    return Refused("too_many", Message("At most {max} can be chosen.", {"max": most}))
