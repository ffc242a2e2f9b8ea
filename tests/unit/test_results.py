"""What an expression gives is written as people write it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from trellis.engine.expr.types import BOOL, DATE, DATETIME, INTEGER, NUMBER, TEXT, Kind, Type
from trellis.web.render.formats import formats
from trellis.web.render.results import result_text

MONEY, PERCENT, STAGE = Type(Kind.MONEY, scale=2), Type(Kind.PERCENT), Type(Kind.OPTION)


@pytest.mark.parametrize(
    ("value", "kind", "english", "chinese"),
    [
        (None, NUMBER, "", ""),
        (True, BOOL, "Yes", "是"),
        (12345, INTEGER, "12,345", "12,345"),
        (Decimal("33.333333333333333333"), NUMBER, "33.33333333", "33.33333333"),
        (Decimal("1E+3"), NUMBER, "1,000", "1,000"),
        (Decimal("-2401"), MONEY, "-¥2,401.00", "-¥2,401.00"),
        (Decimal("0.125"), MONEY, "¥0.125", "¥0.125"),
        (Decimal("35.50"), PERCENT, "35.5%", "35.5%"),
        (date(2026, 1, 31), DATE, "Jan 31, 2026", "2026年1月31日"),
        (datetime(2026, 1, 31, 9, 30, tzinfo=UTC), DATETIME, "Jan 31, 2026, 5:30\u202fPM", "2026年1月31日 17:30"),
        (95_400, Type(Kind.DURATION), "26:30:00", "26:30:00"),
        (-61, Type(Kind.DURATION), "-0:01:01", "-0:01:01"),
        ("<b>", TEXT, "<b>", "<b>"),
        (("a", "b"), Type(Kind.OPTIONS), "a, b", "a, b"),
    ],
)
def test_values_are_written_in_the_language_of_the_reader(
    value: object, kind: Type, english: str, chinese: str
) -> None:
    assert result_text(value, kind, formats("en", "Asia/Shanghai", "CNY")) == english
    assert result_text(value, kind, formats("zh-CN", "Asia/Shanghai", "CNY")) == chinese


def test_keys_and_ids_are_written_as_what_they_stand_for() -> None:
    assert result_text("won", STAGE, formats("en", "UTC", "EUR"), "Won") == "Won"
