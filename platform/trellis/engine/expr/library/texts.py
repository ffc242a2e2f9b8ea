"""Functions about text; positions count characters from 1."""

from collections.abc import Callable, Sequence
from datetime import date

from trellis.engine.expr import limits
from trellis.engine.expr.decimals import Number
from trellis.engine.expr.library import formats
from trellis.engine.expr.signatures import Argument, Function, Slot, SqlClass
from trellis.engine.expr.types import BOOL, DATE, INTEGER, NUMERIC, TEXT, Kind, Type

WORDS = frozenset({Kind.TEXT})
WHOLE = frozenset({Kind.NUMBER})
COUNT = Slot("count", WHOLE, integer=True)
WRITABLE = NUMERIC | {Kind.TEXT, Kind.BOOL, Kind.DATE, Kind.DATETIME, Kind.OPTION}
READ_NUMBER = Type(Kind.NUMBER, scale=formats.MOST_DECIMALS)


def left(text: str, count: Number) -> str:
    """The first characters."""
    return text[: max(int(count), 0)]


def right(text: str, count: Number) -> str:
    """The last characters."""
    return text[max(len(text) - max(int(count), 0), 0) :]


def mid(text: str, start: Number, count: Number) -> str:
    """Characters from position `start`; a start below 1 counts as 1."""
    first = max(int(start), 1) - 1
    return text[first : first + max(int(count), 0)]


def trim(text: str) -> str:
    """Without spaces at both ends; other white space stays."""
    return text.strip(" ")


def contains(text: str, part: str) -> bool:
    """Whether the part stands anywhere in the text."""
    return part in text


def lower(text: str) -> str:
    """In small letters, in all alphabets."""
    return _short(text.lower())


def upper(text: str) -> str:
    """In capitals, in all alphabets."""
    return _short(text.upper())


def replace(text: str | None, part: str | None, instead: str | None) -> str | None:
    """Every occurrence of the part replaced; an empty part replaces nothing, null takes it away."""
    if text is None or part is None:
        return None
    instead = instead or ""
    if not part:
        return text
    _fits(len(text) + text.count(part) * (len(instead) - len(part)))
    return text.replace(part, instead)


def pad_left(text: str, length: Number, filler: str = " ") -> str:
    """The text, filled at its beginning up to a length; a longer text stays as it is."""
    missing = int(length) - len(text)
    if missing <= 0 or not filler:
        return text
    _fits(int(length))
    return (filler * (missing // len(filler) + 1))[:missing] + text


def written(value: object, pattern: str | None = None) -> str:
    """The value as text, by a pattern if there is one."""
    if pattern is None:
        return formats.plain(value)
    if isinstance(value, date):
        return formats.formatted_date(value, pattern)
    return formats.formatted_number(value, pattern)  # type: ignore[arg-type]


def _short(text: str) -> str:
    _fits(len(text))
    return text


def _fits(length: int) -> None:
    if length > limits.TEXT_VALUE:
        raise ValueError("the text becomes too long")


def _written_type(arguments: Sequence[Argument]) -> Type | None:
    if len(arguments) == 1:
        return TEXT
    pattern, kind = str(arguments[1].constant), arguments[0].type
    if kind.numeric:
        return TEXT if formats.is_number_pattern(pattern) else None
    return TEXT if kind.kind is Kind.DATE and formats.is_date_pattern(pattern) else None


def _of_text(
    name: str, doc: str, python: Callable[[str], object], examples: tuple[tuple[str, str], ...], returns: Type = TEXT
) -> Function:
    """A function of one text."""
    return Function(name=name, doc=doc, slots=(Slot("text", WORDS),), returns=returns, python=python, examples=examples)


FUNCTIONS = (
    Function(
        name="length",
        doc="The number of characters.",
        slots=(Slot("text", WORDS),),
        returns=INTEGER,
        python=len,
        sql=SqlClass.PORTABLE,
        examples=(("length('张三😀')", "3"),),
    ),
    Function(
        name="left",
        doc="The first characters of a text.",
        slots=(Slot("text", WORDS), COUNT),
        returns=TEXT,
        python=left,
        sql=SqlClass.PORTABLE,
        examples=(("left('invoice', 3)", "inv"), ("left('ab', 9)", "ab"), ("left('ab', 0)", "null")),
    ),
    Function(
        name="right",
        doc="The last characters of a text.",
        slots=(Slot("text", WORDS), COUNT),
        returns=TEXT,
        python=right,
        sql=SqlClass.PORTABLE,
        examples=(("right('invoice', 3)", "ice"),),
    ),
    Function(
        name="mid",
        doc="Characters from the middle of a text; the first one is number 1.",
        slots=(Slot("text", WORDS), Slot("start", WHOLE, integer=True), COUNT),
        returns=TEXT,
        python=mid,
        sql=SqlClass.PORTABLE,
        examples=(("mid('2024-17', 6, 2)", "17"),),
    ),
    Function(
        name="trim",
        doc="The text without spaces at both ends.",
        slots=(Slot("text", WORDS),),
        returns=TEXT,
        python=trim,
        sql=SqlClass.PORTABLE,
        examples=(("trim('  a b ')", "a b"),),
    ),
    Function(
        name="contains",
        doc="Whether the part stands anywhere in the text; capitals matter.",
        slots=(Slot("text", WORDS), Slot("part", WORDS)),
        returns=BOOL,
        python=contains,
        sql=SqlClass.PORTABLE,
        examples=(("contains('invoice', 'voice')", "true"), ("contains('Invoice', 'inv')", "false")),
    ),
    Function(
        name="starts_with",
        doc="Whether the text begins with the part; capitals matter.",
        slots=(Slot("text", WORDS), Slot("part", WORDS)),
        returns=BOOL,
        python=str.startswith,
        sql=SqlClass.PORTABLE,
        examples=(("starts_with('INV-17', 'INV')", "true"),),
    ),
    Function(
        name="ends_with",
        doc="Whether the text ends with the part; capitals matter.",
        slots=(Slot("text", WORDS), Slot("part", WORDS)),
        returns=BOOL,
        python=str.endswith,
        sql=SqlClass.PORTABLE,
        examples=(("ends_with('INV-17', '17')", "true"),),
    ),
    _of_text("lower", "The text in small letters.", lower, (("lower('Straße É')", "straße é"),)),
    _of_text("upper", "The text in capitals.", upper, (("upper('Straße é')", "STRASSE É"),)),
    Function(
        name="replace",
        doc="The text with every occurrence of a part replaced.",
        slots=(Slot("text", WORDS), Slot("part", WORDS), Slot("instead", WORDS)),
        returns=TEXT,
        python=replace,
        nulls=True,
        examples=(("replace('a-b-c', '-', '/')", "a/b/c"), ("replace('a-b-c', '-', '')", "abc")),
    ),
    Function(
        name="pad_left",
        doc="The text filled at its beginning up to a length, with spaces or with what is given.",
        slots=(Slot("text", WORDS), Slot("length", WHOLE, integer=True), Slot("filler", WORDS)),
        returns=TEXT,
        python=pad_left,
        optional=1,
        examples=(("pad_left('17', 5, '0')", "00017"), ("pad_left('12345', 3, '0')", "12345")),
    ),
    Function(
        name="text",
        doc="The value as text. A number may have a pattern such as '#,##0.00', a date one such as 'dd.MM.yyyy'.",
        slots=(Slot("value", WRITABLE), Slot("pattern", WORDS, constant=True)),
        returns=_written_type,
        python=written,
        optional=1,
        examples=(
            ("text(1.50)", "1.5"),
            ("text(1234567.891, '#,##0.00')", "1,234,567.89"),
            ("text(7, '000')", "007"),
            ("text(date(2024, 2, 29))", "2024-02-29"),
            ("text(date(2024, 2, 29), 'd.M.yyyy')", "29.2.2024"),
        ),
    ),
    _of_text(
        "to_number",
        "The number that a text holds, with a point before its decimals; null when it is none.",
        formats.read_number,
        (("to_number(' 12.50 ')", "12.5"), ("to_number('12,50')", "null")),
        READ_NUMBER,
    ),
    _of_text(
        "to_date",
        "The date that a text holds, year first; null when it is none.",
        formats.read_date,
        (
            ("to_date('2024/2/29')", "2024-02-29"),
            ("to_date('2024年2月29日')", "2024-02-29"),
            ("to_date('2023-02-29')", "null"),
        ),
        DATE,
    ),
)
