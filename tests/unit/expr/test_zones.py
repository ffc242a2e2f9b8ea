"""The table of a time zone, read as the databases read it, gives the same dates as the time zone itself."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from trellis.engine.expr.library.zones import (
    FIRST,
    LAST,
    MONTHS,
    NUMBER,
    OFFSET,
    RECORD,
    SWITCH,
    local_date,
    zone_table,
)

ZONES = (
    "UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia",
    "Pacific/Kiritimati", "Africa/Monrovia", "Africa/Casablanca", "Africa/Cairo", "America/Argentina/La_Rioja", "Asia/Gaza",
)  # fmt: skip
SECOND = timedelta(seconds=1)


def read(table: bytes, moment: datetime) -> date:
    month = ((moment.year - FIRST.year) * 12 + moment.month - 1) * NUMBER
    place = MONTHS * NUMBER + int(table[month : month + NUMBER]) * RECORD
    record, time = table[place : place + RECORD].decode(), f"{moment:%d %H:%M:%S}"
    offset = record[:OFFSET]
    for start in (OFFSET, 2 * OFFSET + SWITCH):
        if time >= record[start : start + SWITCH]:
            offset = record[start + SWITCH : start + SWITCH + OFFSET]
    return (moment + timedelta(seconds=int(offset))).date()


def moments(zone: str) -> list[datetime]:
    """Random moments and midnights of the zone, each with the second before it."""
    random, found = Random(zone), []
    for _ in range(400):
        moment = FIRST + timedelta(seconds=random.randint(86_400, int((LAST - FIRST).total_seconds())))
        midnight = datetime.combine(local_date(zone, moment) or date.max, datetime.min.time(), tzinfo=UTC)
        found += [moment, *(midnight + timedelta(hours=hours) for hours in range(-14, 13))]
    return [moment - back for moment in found for back in (timedelta(), SECOND)]


@pytest.mark.parametrize("zone", ZONES)
def test_the_table_gives_the_dates_of_the_zone(zone: str) -> None:
    table = zone_table(zone)

    assert len(table) < 10_000, "it goes with every statement that asks for it"
    assert [read(table, moment) for moment in moments(zone)] == [local_date(zone, moment) for moment in moments(zone)]


@pytest.mark.parametrize("moment", [FIRST - SECOND, LAST + SECOND, datetime.min.replace(tzinfo=UTC), None])
def test_outside_of_the_table_there_is_no_date(moment: datetime | None) -> None:
    assert local_date("Asia/Shanghai", moment) is None
    assert local_date(None, FIRST) is None


def test_the_ends_of_the_table_belong_to_it() -> None:
    assert local_date("Asia/Shanghai", LAST) == date(2100, 1, 1)
    assert local_date("America/New_York", FIRST) == date(1969, 12, 31)
