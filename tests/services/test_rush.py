"""Many writers at once on the same few records: all stored formulas and roll-ups are true at the end.

`make soak` does the same for half a minute with two processes.
"""

import asyncio
from pathlib import Path

import pytest

from tests.support.publishing import Publisher
from tests.support.rush import opened, prepare, rush, work_off
from tests.support.shop import Raw, documents, formula, rollup
from trellis.kernel.settings import Settings
from trellis.services import computed
from trellis.services.verifying import verify

SECONDS, WRITERS = 3.0, 8
"""Twice as many writers: half of them in a second pool of connections, as in another process."""


@pytest.mark.slow
@pytest.mark.parametrize("inline", [1_000, 15], ids=["inline", "background"])
async def test_nothing_stored_is_wrong_after_a_rush(
    database_settings: dict[str, str], inline: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computed, "INLINE", inline)
    settings = Settings.read(database_settings)
    await prepare(settings)

    tallies = await asyncio.gather(*(rush(settings, seconds=SECONDS, writers=WRITERS, seed=n) for n in (1, 101)))

    assert [dict(tally.failed) for tally in tallies] == [{}, {}]
    assert sum(tally.accepted.total() for tally in tallies) > 20
    async with opened(settings) as context:
        await work_off(context)
        found = await verify(context)
    assert [one for one in found if one.differing or one.waiting] == []
    assert sum(one.looked_at for one in found) > 200


@pytest.mark.slow
async def test_fields_that_are_published_during_a_rush_are_filled_with_true_values(
    database_settings: dict[str, str],
) -> None:
    settings = Settings.read(database_settings)
    await prepare(settings)

    async def publish_soon() -> None:
        async with opened(settings) as context:
            for turn in range(4):
                await asyncio.sleep(SECONDS / 6)
                await Publisher(context.database, context.workspace).publish(*with_more_fields(turn))

    publishing = asyncio.create_task(publish_soon())
    tallies = await asyncio.gather(*(rush(settings, seconds=SECONDS, writers=WRITERS, seed=n) for n in (1, 101)))
    await publishing

    assert [dict(tally.failed) for tally in tallies] == [{}, {}]
    async with opened(settings) as context:
        await work_off(context)
        found = await verify(context)
    assert {"many0", "most3", "twice"} <= {one.key for one in found}
    assert [one for one in found if one.differing or one.waiting] == []


def with_more_fields(turn: int) -> list[Raw]:
    """The shop with more roll-ups for every turn, and a formula that changes."""
    found = documents("stored")
    more: Raw = {"twice": formula("currency", f"total + {turn} * discount", storage="stored") | {"nulls": "zero"}}
    for number in range(turn + 1):
        more[f"many{number}"] = rollup("integer", "count", storage="stored")
        more[f"most{number}"] = rollup("integer", "sum", "quantity", storage="stored")
    for raw in found:
        if raw["id"] == "shop.deal":
            raw["fields"] = {**raw["fields"], **more}
    return found
