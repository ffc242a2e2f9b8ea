"""A list of 25 with five virtual formulas and a virtual roll-up, beside the same SQL written by hand."""

import asyncio
import contextlib
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec

from bench.baseline.load import load_offers
from bench.baseline.records import OFFERED
from bench.cases import Case, Rotating
from bench.comparison import Comparison, Line
from bench.imports import tidy, token
from bench.load import Requests, ask
from bench.offers import STAGES, Raw, fill, filling, formula, rollup
from bench.sides import ADMIN, Refused, Side, hand_written, trellis_server
from trellis.app import running
from trellis.kernel.settings import Settings

TIMES = 1.15
OFFERS, ITEMS = 20_000, 100_000
VIRTUAL: Mapping[str, Raw] = {
    "margin": formula("currency", "amount - costs", storage="virtual"),
    "net": formula("currency", "round(amount * (100 - coalesce(discount, 0)) / 100, 2)", storage="virtual"),
    "size": formula("text", "when(amount >= 100000, 'large', amount >= 10000, 'medium', 'small')", storage="virtual"),
    "days": formula("integer", "days_between(opened_on, close_date)", storage="virtual"),
    "heading": formula("text", "name + ' / ' + buyer.name", storage="virtual"),
    "total": rollup("currency", "bench.item.offer", "sum", "price", empty="0", storage="virtual"),
}
LIST = {
    "kind": "view",
    "id": "bench.offers",
    "entity": "bench.offer",
    "type": "list",
    "label": "Measured",
    "columns": {path: {"order": 10 * place} for place, path in enumerate(OFFERED[2:], start=1)},
    "sort": [{"field": "close_date", "dir": "desc"}],
}
"""What the indexes follow: they run the way in which views sort."""


def _ours(side: Side) -> Requests:
    first = f"/api/v1/records/bench.offer?fields={','.join(OFFERED[2:])}&limit=25&sort=-close_date"
    return _rotating(
        side, [f"{first}&filter={quote(f'stage == {stage!r} and amount >= {amount}')}" for stage, amount in _asked()]
    )


def _theirs(side: Side) -> Requests:
    return _rotating(side, [f"/api/offers?stage={stage}&amount={amount}" for stage, amount in _asked()])


def _rotating(side: Side, paths: list[str]) -> Rotating:
    return Rotating([side.request("GET", path) for path in paths])


def _asked() -> list[tuple[str, int]]:
    chance = random.Random(19)
    return [(chance.choice(STAGES), chance.randrange(1_000, 150_000, 1_000)) for _ in range(100)]


CASE = Case("computed-list", 1 / TIMES, _ours, _theirs)


def compared(
    settings: dict[str, str], theirs: str, postgres: int | None, folder: Path, *, seconds: float
) -> Iterator[Line]:
    """Both servers on the same offers, turn by turn."""
    database = "postgresql" if postgres else "sqlite"
    secret = token(settings, ADMIN)
    asyncio.run(_fill(settings))
    tidy(settings, database)
    load_offers(theirs, filling(database, OFFERS, ITEMS, {key: (key, None) for key in ("buyer", "offer", "item")}))
    with contextlib.ExitStack() as stack:
        hand = stack.enter_context(hand_written(theirs, folder))
        ours = stack.enter_context(trellis_server(settings, secret, folder))
        _check_alike(ours, hand)
        yield from Comparison(database, ours, hand, postgres, seconds, rounds=6).lines([CASE])


async def _fill(settings: Mapping[str, str]) -> None:
    async with running(Settings.read(settings)) as server:
        home = await server.workspaces.named("main")
        await fill(await home.context(), OFFERS, ITEMS)


def _check_alike(ours: Side, theirs: Side) -> None:
    """Both lists must say the same, else the figures compare nothing."""
    first, second = (
        msgspec.json.decode(ask(side.process.port, requests.next(0)).body)["items"]
        for side, requests in ((ours, _ours(ours)), (theirs, _theirs(theirs)))
    )
    if first != second or len(first) != 25:
        raise Refused(f"the lists differ: {first[:1]} and {second[:1]}")
