"""Functions about text; positions count characters from 1."""

from trellis.engine.expr.decimals import Number
from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import BOOL, INTEGER, TEXT, Kind

WORDS = frozenset({Kind.TEXT})
COUNT = Slot("count", frozenset({Kind.NUMBER}), integer=True)


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


FUNCTIONS = (
    Function(
        name="length",
        doc="The number of characters.",
        slots=(Slot("text", WORDS),),
        returns=INTEGER,
        python=len,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="left",
        doc="The first characters of a text.",
        slots=(Slot("text", WORDS), COUNT),
        returns=TEXT,
        python=left,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="right",
        doc="The last characters of a text.",
        slots=(Slot("text", WORDS), COUNT),
        returns=TEXT,
        python=right,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="mid",
        doc="Characters from the middle of a text; the first one is number 1.",
        slots=(Slot("text", WORDS), Slot("start", frozenset({Kind.NUMBER}), integer=True), COUNT),
        returns=TEXT,
        python=mid,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="trim",
        doc="The text without spaces at both ends.",
        slots=(Slot("text", WORDS),),
        returns=TEXT,
        python=trim,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="contains",
        doc="Whether the part stands anywhere in the text; capitals matter.",
        slots=(Slot("text", WORDS), Slot("part", WORDS)),
        returns=BOOL,
        python=contains,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="starts_with",
        doc="Whether the text begins with the part; capitals matter.",
        slots=(Slot("text", WORDS), Slot("part", WORDS)),
        returns=BOOL,
        python=str.startswith,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="ends_with",
        doc="Whether the text ends with the part; capitals matter.",
        slots=(Slot("text", WORDS), Slot("part", WORDS)),
        returns=BOOL,
        python=str.endswith,
        sql=SqlClass.PORTABLE,
    ),
)
