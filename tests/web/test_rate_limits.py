"""How many requests a person and a network may make; the clock stands still, so that nothing refills by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from tests.web.conftest import Server
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import TooManyRequests
from trellis.kernel.settings import Settings
from trellis.web.allowance import Allowance
from trellis.web.application import build

one_database = pytest.mark.parametrize("database_kind", ["sqlite"])
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def tight(server: Server, settings: Settings) -> Server:
    """A server that lets everybody make three requests, and a network six."""
    settings = replace(settings, rate_person="3", rate_network="6")
    return Server(build(server.workspaces, settings), server.workspaces, server.context)


@one_database
async def test_a_program_is_told_when_it_may_ask_again(tight: Server) -> None:
    async with tight.client(await tight.token("Ann", "core.employee")) as program:
        answers = [await program.get("/api/v1/me") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[3].headers["retry-after"] == "20"
        assert answers[3].headers["content-type"] == "application/problem+json"
        assert answers[3].json()["type"].endswith("too_many_requests")

        cast(FixedClock, tight.context.clock).advance(timedelta(seconds=20))
        assert (await program.get("/api/v1/me")).status_code == 200


@one_database
async def test_others_are_not_slowed_down_but_their_network_is_counted(tight: Server) -> None:
    first, second = await tight.token("Ann"), await tight.token("Bob")
    async with tight.client(first) as ann, tight.client(second) as bob, tight.client("trl_guess") as stranger:
        assert [(await ann.get("/api/v1/me")).status_code for _ in range(3)] == [200] * 3
        assert (await bob.get("/api/v1/me")).status_code == 200
        assert [(await stranger.get("/api/v1/me")).status_code for _ in range(3)] == [401, 401, 429]


@one_database
async def test_a_person_sees_a_page_about_it(tight: Server) -> None:
    async with await tight.browser("Ann", "core.employee") as browser:
        answers = [await browser.get("/account") for _ in range(4)]

    assert answers[3].status_code == 429
    assert answers[3].headers["retry-after"] == "20"
    assert "Too many requests. Wait a moment." in answers[3].text


def test_a_bucket_holds_a_minute_and_no_more() -> None:
    clock = FixedClock(NOW)
    allowed = Allowance(clock, 60)
    for _ in range(60):
        allowed.take("a")
    with pytest.raises(TooManyRequests):
        allowed.take("a")
    clock.advance(timedelta(hours=5))
    for _ in range(60):
        allowed.take("a")
    with pytest.raises(TooManyRequests):
        allowed.take("a")


def test_nought_is_no_limit() -> None:
    allowed = Allowance(FixedClock(NOW), 0)

    for _ in range(10_000):
        allowed.take("a")


def test_buckets_do_not_pile_up() -> None:
    allowed = Allowance(FixedClock(NOW), 1, most=100)

    for number in range(1_000):
        allowed.take(str(number))

    assert len(allowed._buckets) <= 100
