"""What every field type takes, refuses and keeps: the tables that the conformance suite runs over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from trellis.metadata.fieldtypes import FieldType, Formats, Reading
from trellis.metadata.fieldtypes.base import PLAIN, Refused
from trellis.metadata.fieldtypes.operators import NUMERIC, Operator
from trellis.metadata.storagekinds import IntegerKind, StorageKind

THINGS = tuple(f"0199a000-0000-7000-8000-00000000000{number}" for number in range(3))
USERS = tuple(f"0199b000-0000-7000-8000-00000000000{number}" for number in range(3))
FILES = tuple(f"0199c000-0000-7000-8000-00000000000{number}" for number in range(3))
NOBODY = "0199d000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Case:
    """One field and its examples: `good` pairs what is given with what is kept, `texts` what is written with it.

    `shown` is what people read of the first value that is kept.
    """

    key: str
    type: str
    good: tuple[tuple[Any, Any], ...]
    bad: tuple[Any, ...]
    shown: str
    texts: Mapping[str, Any] = field(default_factory=dict)
    bad_texts: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def definition(self) -> dict[str, Any]:
        """The field as a document holds it."""
        return {"type": self.type, "label": f"The {self.key}", **self.options}

    @property
    def kept(self) -> tuple[Any, ...]:
        """The different values, without the empty one."""
        found: list[Any] = []
        for _, value in self.good:
            if value not in (None, ()) and value not in found:
                found.append(value)
        return tuple(found)


class Stars(FieldType):
    """A judgement of one to five stars, as a plugin would add it."""

    title: ClassVar[str] = "Stars"
    expression_kind: ClassVar[str] = "number"
    operators: ClassVar[tuple[Operator, ...]] = NUMERIC
    type: Literal["stars"]

    @property
    def storage(self) -> StorageKind:
        return IntegerKind()

    def annotation(self) -> Any:
        return Annotated[int, Field(strict=True, ge=1, le=5)]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return text.count("★") or (int(text) if text.strip().isdecimal() else None)

    def display(self, value: Any, formats: Formats) -> str:
        return "★" * (value or 0)

    def literal(self, value: Any) -> str:
        return str(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["integer", "null"], "minimum": 1, "maximum": 5}


class PlainFormats:
    """Values as a reader without a language sees them."""

    def number(self, value: Decimal | int, scale: int) -> str:
        return f"{value:,.{scale}f}"

    def currency(self, value: Decimal, code: str | None, scale: int) -> str:
        return f"¥{value:,.{scale}f}"

    def percent(self, value: Decimal, scale: int) -> str:
        return f"{value:.{scale}f} %"

    def date(self, value: date) -> str:
        return f"{value.day}.{value.month}.{value.year}"

    def datetime(self, value: datetime) -> str:
        return f"{self.date(value)} {value:%H:%M}"

    def words(self, text: str) -> str:
        return text.lower()


def same(*values: Any) -> tuple[tuple[Any, Any], ...]:
    """Examples that are kept as they are given."""
    return tuple((value, value) for value in values)


def links(ids: tuple[str, ...]) -> tuple[tuple[Any, Any], ...]:
    """Ids in all spellings of a UUID."""
    one, two, three = ids
    return (
        *same(*ids), (one.upper(), one), (two.replace("-", ""), two), (f"{{{three}}}", three), ("", None), (None, None),
    )  # fmt: skip


NOT_AN_ID = ("nonsense", 5, True, [THINGS[0]], {"id": THINGS[0]}, THINGS[0] + "\n", THINGS[0][:-1], "{0}", "\ud800")
NOT_A_NUMBER = ("abc", True, [1], {"n": 1}, float("nan"), float("inf"), "NaN", "-Infinity", "1,000", "--1", b"\xff")
TOO_LONG_A_NUMBER = ("1e999999999", "9" * 5_000, 10**400, Decimal("1e999999999"))
NOT_TEXT = (5, True, ["a"], {"a": 1}, b"\xff", "bell\x07", "nul\x00", "half of a pair \ud800")
COLOURS = {
    "red": {"order": 30, "label": "Red wine"},
    "blue": {"order": 10, "label": "Sky blue"},
    "green": {"order": 20, "label": "Moss"},
    "grey": {"order": 40, "label": "Grey", "active": False},
}
BERLIN = timezone(timedelta(hours=1))


def moment(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


TEXTS = (
    Case(
        "line", "text",
        good=(
            *same("plain", "O'Hara \\ \"q\" 50%_", "客户 ΑΩ é 😀", "<b>&amp;</b>", "a{b}c{0}%s", "Zebra", "äpfel", "apple"),
            ("  trimmed ", "trimmed"), ("two\r\nlines", "two lines"), ("tab\tinside", "tab\tinside"),
            ("x" * 400, "x" * 400), ("c1 \x80 \x85 \x9f", "c1 \x80 \x85 \x9f"), ("", None), ("   ", None), (None, None),
        ),
        bad=(*NOT_TEXT, "x" * 401),
        shown="plain", texts={"": None, " kept by the path ": "kept by the path"}, options={"maxLength": 400},
    ),
    Case(
        "code", "text",
        good=same("AB-1", "AB-12", "CD-007", "ZZ-9", "AA-0"),
        bad=("AB", "ab-1", "AB-1x", "xAB-1", "AB-1 AB-2", "AB-١"),
        shown="AB-1", options={"pattern": "^[A-Z]{2}-[0-9]+$"},
    ),
    Case(
        "story", "longtext",
        good=(
            *same("one", "first\nsecond", "O'Hara \\n", "客户\n\n公司", "tab\there"),
            ("dos\r\nend\r\n", "dos\nend"), ("mac\rend", "mac\nend"), ("", None), (" \n ", None),
        ),
        bad=(*NOT_TEXT, "x" * 1001),
        shown="one", options={"maxLength": 1000},
    ),
    Case(
        "mail", "email",
        good=(
            *same("ann@example.com", "o'brien+crm@sub.example.co.uk", "用户@例子.广告", "x@y.de", "a_b-c@d-e.org"),
            ("Bob@EXAMPLE.com", "Bob@example.com"), (" eve@example.com ", "eve@example.com"), ("", None),
        ),
        bad=(
            *NOT_TEXT, "ann", "ann@example", "ann b@example.com", "ann@@example.com", "@example.com", "ann@a..com",
            "<ann@example.com>", "a" * 65 + "@example.com", "ann@example.com\nbcc: x@y.de", "a@" + "b" * 260 + ".de",
        ),
        shown="ann@example.com",
    ),
    Case(
        "phone", "phone",
        good=(
            ("+86 138 0013 8000", "+8613800138000"), ("138 0013 8001", "+8613800138001"), ("010-6512 3456", "+861065123456"),
            ("+49 (0)30 123456", "+4930123456"), ("+44 20 7946 0958", "+442079460958"), ("+1 (415) 555-2671", "+14155552671"),
            ("+1 415 555 2672 ext. 12", "+14155552672;ext=12"), ("", None),
        ),
        bad=(*NOT_TEXT, "abc", "12", "+", "call me", "+999 123 456", "1" * 41, "138 0013 8000 or 8001", "{x"),
        shown="+86 138 0013 8000",
    ),
    Case(
        "site", "url",
        good=(
            *same("https://example.com", "http://example.com:8080/a?b=c%20d#e", "https://例子.广告/路径", "http://localhost:8000/"),
            ("example.com", "https://example.com"), (" www.example.com/a?b='c' ", "https://www.example.com/a?b='c'"),
            ("example.com:8443/x", "https://example.com:8443/x"), ("HTTPS://Example.com/A", "https://Example.com/A"), ("", None),
        ),
        bad=(
            *NOT_TEXT, "javascript:alert(1)", "javascript:1/alert(1)", "data:text/html,x", "ftp://example.com", "http://",
            "undef", "https://exa mple.com", "https://exa<mple.com", "http://[::1", "http://a.de:99999", "//example.com",
            "example.com/" + "x" * 990, "https://example.com\nx", "java\tscript:alert(1)",
        ),
        shown="https://example.com",
    ),
)  # fmt: skip

NUMBERS = (
    Case(
        "count", "integer",
        good=(
            *same(0, -5, 42, 7, 2**53 - 1, -(2**53) + 1),
            ("1200", 1200), (12.0, 12), (Decimal(13), 13), ("", None), (None, None),
        ),
        bad=(*NOT_A_NUMBER, *TOO_LONG_A_NUMBER, 1.5, "1.5", Decimal("0.1"), 2**63, -(2**63) - 1),
        shown="0", texts={"1,200": 1200, " 5 ": 5, "(7)": -7, "−3": -3, "1e3": 1000, "": None, "８": 8},
        bad_texts=("abc", "1.5", "1e999999999", "(1e9999999)", "NaN", "1_000", "12 apples", "5)", "()", "-", "9" * 61),
    ),
    Case(
        "dozen", "integer", good=same(-1, 0, 6, 11, 12), bad=(-2, 13, "99", 1.5, "x"), shown="-1",
        options={"min": -1, "max": 12},
    ),
    Case(
        "size", "decimal",
        good=(
            *same(Decimal("12.500"), Decimal("-3.000"), Decimal("999999.999"), Decimal("-999999.999"), Decimal("0.001")),
            ("7.25", Decimal("7.250")), (0.1, Decimal("0.100")), (5, Decimal("5.000")), ("0.0005", Decimal("0.001")),
            ("-0.0005", Decimal("-0.001")), ("-0", Decimal("0.000")), ("1e2", Decimal("100.000")), ("1e-40", Decimal("0.000")),
            ("0e50", Decimal("0.000")), ("", None), (None, None),
        ),
        bad=(*NOT_A_NUMBER, *TOO_LONG_A_NUMBER, "1000000", "-1e6", "999999.9995", Decimal("1e999999")),
        shown="12.500",
        texts={"1,234.5": Decimal("1234.500"), "(2.5)": Decimal("-2.500"), "$ 3": Decimal("3.000"), "": None},
        bad_texts=("abc", "1e999999999", "(1e9999999)", "1e-999999999", "Infinity", "1.2.3", "__1"),
        options={"precision": 9, "scale": 3},
    ),
    Case(
        "wide", "decimal",
        good=same(Decimal("9999999999.99999999"), Decimal("-9999999999.99999999"), *map(Decimal, ("0.00000001", "1.00000000", "0E-8"))),
        bad=("10000000000", "9999999999.999999999", "x", True, "1e18"), shown="9,999,999,999.99999999",
        options={"precision": 18, "scale": 8},
    ),
    Case(
        "price", "currency",
        good=(
            *same(Decimal("1280000.00"), Decimal("-0.01"), Decimal("0.00"), Decimal("9999999999999999.99")),
            ("12.345", Decimal("12.35")), ("-12.345", Decimal("-12.35")), (5, Decimal("5.00")), ("", None),
        ),
        bad=(*NOT_A_NUMBER, *TOO_LONG_A_NUMBER, "9999999999999999.995", "10000000000000000", "5 CNY"),
        shown="¥1,280,000.00", texts={"CNY 5": Decimal("5.00"), "￥1,000元": Decimal("1000.00"), "12 €": Decimal("12.00")},
        bad_texts=("five", "1e999999999", "5 apples"),
    ),
    Case(
        "share", "percent",
        good=(
            *same(Decimal("35.00"), Decimal("0.00"), Decimal("100.00"), Decimal("0.01")),
            ("12.5", Decimal("12.50")), (99, Decimal("99.00")), ("", None),
        ),
        bad=(*NOT_A_NUMBER, *TOO_LONG_A_NUMBER, 101, "-1", "100.01"),
        shown="35.00 %", texts={"35 %": Decimal("35.00"), "７％": Decimal("7.00")}, bad_texts=("half", "%%x"),
        options={"min": "0", "max": "100"},
    ),
    Case(
        "stars", "stars", good=(*same(1, 2, 3, 4, 5), (None, None)), bad=(0, 6, "x", True, 1.5, "3"), shown="★",
        texts={"★★": 2, "4": 4},
    ),
)  # fmt: skip

TIMES = (
    Case(
        "day", "date",
        good=(
            *same(date(2026, 1, 31), date(2024, 2, 29), date.min, date.max),
            ("2026-02-28", date(2026, 2, 28)), ("0999-12-31", date(999, 12, 31)), ("", None), (None, None),
        ),
        bad=(
            "2026-02-30", "2025-02-29", "31.01.2026", "2026-1-1", "2026-01-01T00:00:00", 20260101, True, "soon", "0000-01-01",
            moment(2026, 1, 1), "2026-01-01\n", "２０２６-01-01", {"y": 1}, "10000-01-01",
        ),
        shown="31.1.2026",
        texts={
            "2026-1-5": date(2026, 1, 5), "2026年3月4日": date(2026, 3, 4), "2026/03/04": date(2026, 3, 4), "": None,
            "3/4/2026": date(2026, 3, 4), "30.4.2026": date(2026, 4, 30),
        },
        bad_texts=("soon", "2026-02-30", "13/13/2026", "0/0/0000", "99999-1-1", "2026-01-01 10:00"),
    ),
    Case(
        "late", "date", good=same(*(date(2026, month, 1) for month in range(1, 6))),
        bad=("2025-12-31", "2027-01-01", date(1999, 1, 1), 5, "x"), shown="1.1.2026",
        options={"min": "2026-01-01", "max": "2026-12-31"},
    ),
    Case(
        "since", "datetime",
        good=(
            *same(moment(2026, 11, 21, 9, 30), moment(1, 1, 2), moment(9999, 12, 30, 23, 59, 59), moment(1969, 12, 31, 23, 59, 59)),
            ("2026-11-21T17:30:05+08:00", moment(2026, 11, 21, 9, 30, 5)), ("2026-11-21T09:31Z", moment(2026, 11, 21, 9, 31)),
            ("2026-11-21 09:32:00.999", moment(2026, 11, 21, 9, 32)), ("0999-12-31T00:00:00Z", moment(999, 12, 31)),
            (datetime(2026, 5, 1, 1, 0, 0, 999_999, tzinfo=BERLIN), moment(2026, 5, 1)), ("", None), (None, None),
        ),
        bad=(
            "soon", "2026-13-01T00:00:00Z", "2026-11-21T25:00:00Z", 5, 1.5, True, date(2026, 1, 1), [2026], "2026-11-21T09:30:00+99:00",
            "0001-01-01T23:59:59Z", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00+01:00", datetime(1, 1, 1, tzinfo=BERLIN), "9999-12-31T23:59:59-01:00", "{x",
        ),
        shown="21.11.2026 09:30",
        texts={"2026-11-21 9:30": moment(2026, 11, 21, 9, 30), "21.11.2026 09:30:07": moment(2026, 11, 21, 9, 30, 7), "": None},
        bad_texts=("soon", "2026-11-21 25:00", "10:00", "2026-02-30 10:00", "0001-01-01T00:00:00+14:00"),
    ),
    Case(
        "lasted", "duration",
        good=(
            *same(5400, 0, 15, -3600, 86_400, 10**12, -(10**12)),
            ("1:30", 5400), ("0:00:15", 15), ("-1:00", -3600), ("1d", 86_400), (60.0, 60), (Decimal(61), 61), (None, None),
        ),
        bad=(True, 1.5, Decimal("0.1"), 10**12 + 1, "soon", "1:60", "1:30:99", "9999999999999", [1], {"s": 1}, b"1", "1h 30x", float("nan")),
        shown="1:30",
        texts={
            "90m": 5400, "1h 30m": 5400, "1 hour 30 minutes": 5400, "1h30m15s": 5415, "2 days 1h": 176_400, "5400": 5400, "": None,
            "1：30": 5400, "1小时30分钟": 5400, "−0:30": -1800, "100:00": 360_000,
        },
        bad_texts=("soon", "1:60", "1.5", "90 apples", "30m 1h", "1h 1h", ":30", "1:2", "-", "--1"),
    ),
    Case(
        "pause", "duration", good=same(0, 60, 3600), bad=(-1, 3601, "1:01", "x"), shown="0:00", options={"min": 0, "max": 3600},
    ),
)  # fmt: skip

CHOICES = (
    Case(
        "agreed", "boolean", good=(*same(True, False), (True, True), ("", None), (None, None)),
        bad=("true", "yes", 1, 0, "x", [True], 1.0, "{x"), shown="yes",
        texts={"yes": True, "是": True, "ON": True, " 1 ": True, "no": False, "off": False, "否": False, "": None},
        bad_texts=("maybe", "2", "yes no", "{x"),
    ),
    Case(
        "colour", "select", good=(*same("red", "blue", "green", "grey"), ("red", "red"), ("", None), (None, None)),
        bad=("pink", "Red wine", "RED", 5, True, ["red"], {"red": 1}, "{x", "}", "o", " red", "red\x00", "\ud800"), shown="Red wine",
        texts={"red": "red", "Sky Blue": "blue", " MOSS ": "green", "": None}, bad_texts=("pink", "{x", "red; blue"),
        options={"options": COLOURS},
    ),
    Case(
        "palette", "multiselect",
        good=(
            *same(("red",), ("red", "blue"), ("blue", "red"), ("grey", "green", "red")),
            (["green"], ("green",)), (["red", "red"], ("red",)), (["red", ""], ("red",)), ([], ()), ("", ()), (None, ()),
        ),
        bad=("red", ["pink"], [5], {"red": 1}, ["red", "blue", "green", "grey"], [["red"]], ["{x"], 5, b"red", [None]),
        shown="Red wine",
        texts={
            "red; blue": ("red", "blue"), "Moss|red": ("green", "red"), "red": ("red",), "red;red": ("red",), "": (),
            "red；blue": ("red", "blue"), "red，blue": ("red", "blue"), "red,blue": ("red", "blue"), "red、blue": ("red", "blue"),
        },
        bad_texts=("pink", "red; {x"),
        options={"options": COLOURS, "max": 3},
    ),
)  # fmt: skip

LINKS = (
    Case("thing", "lookup", links(THINGS), NOT_AN_ID, THINGS[0], options={"target": "lab.thing"}),
    Case("agent", "user", links(USERS), NOT_AN_ID, USERS[0]),
    Case("paper", "file", links(FILES), NOT_AN_ID, FILES[0]),
    Case(
        "things", "multilookup",
        good=(
            *same((THINGS[0],), (THINGS[2], THINGS[1])),
            ([THINGS[1].upper()], (THINGS[1],)), ([THINGS[0], THINGS[0]], (THINGS[0],)),
            ([THINGS[1], THINGS[1].upper()], (THINGS[1],)), ([], ()), ("", ()), (None, ()),
        ),
        bad=(THINGS[0], ["nonsense"], [5], [None], {THINGS[0]: 1}, [THINGS[0] + "\n"], list(THINGS), True, [[THINGS[0]]]),
        shown=THINGS[0], texts={f"{THINGS[0]}; {THINGS[1]}": THINGS[:2], "": ()},
        options={"target": "lab.thing", "max": 2},
    ),
)  # fmt: skip

OTHERS = (
    Case(
        "number", "autonumber",
        good=(*same("N-00001", "N-2", "客户-7", "O'Hara"), (" N-3 ", "N-3")),
        bad=(*NOT_TEXT, "x" * 121), shown="N-00001", options={"pattern": "A{yyyy}-{seq:5}", "reset": "yearly"},
    ),
    Case(
        "extra", "json",
        good=(
            *same({"a": 1, "b": [True, None, "x"]}, [], {}, "text", 0, False, -(2**63), Decimal("0.12345678901234567890"), {"": ""}),
            ({"rate": 2.5}, {"rate": Decimal("2.5")}), ((1, 2), [1, 2]), ("\\u0000 is only text", "\\u0000 is only text"),
            (2.0, Decimal("2.0")), (["客户 😀\n"], ["客户 😀\n"]), ("", None), (None, None),
        ),
        bad=(
            object(), float("nan"), {"n": float("inf")}, {"nul": "\x00"}, {"\x00": 1}, {5: 1}, {1, 2}, b"x", ["\ud800"], {"\ud800": 1},
            "x" * 100_001, moment(2026, 1, 1), Decimal("NaN"), Decimal("1e999999"), 10**5_000,
        ),
        shown='{"a": 1, "b": [true, null, "x"]}',
        texts={"[1, 2.50]": [1, Decimal("2.50")], '"x"': "x", " {} ": {}, "": None, "1e2": Decimal(100), "null": None},
        bad_texts=("{", "NaN", "[Infinity]", "'x'", "[" * 100_000, "1e999999999", "{x}"),
    ),
    Case(
        "shape", "json",
        good=(
            *same({"n": 2}, {"n": Decimal("4.0")}, {"n": 6, "m": None}, {"n": -8}), ({"n": 10.0}, {"n": Decimal("10.0")}), (None, None),
        ),
        bad=({}, [], {"n": "1"}, {"n": Decimal("2.5")}, {"n": 3}, {"n": 1e300}, {"n": 2, "x": 2}, "n", 5), shown='{"n": 2}',
        bad_texts=("{",),
        options={
            "schema": {
                "type": "object", "required": ["n"], "additionalProperties": False,
                "properties": {"n": {"$ref": "#/$defs/half"}, "m": {}}, "$defs": {"half": {"type": "integer", "multipleOf": 2}},
            }
        },
    ),
)  # fmt: skip


def nested(depth: int) -> Any:
    """A list in a list in a list …"""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


CASES = {case.key: case for case in (*TEXTS, *NUMBERS, *TIMES, *CHOICES, *LINKS, *OTHERS)}

__all__ = [
    "CASES", "FILES", "NOBODY", "THINGS", "USERS", "Case", "PlainFormats", "Refused", "Stars", "nested",
]  # fmt: skip
