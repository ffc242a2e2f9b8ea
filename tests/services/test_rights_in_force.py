"""Whatever changes somebody's rights holds for his requests in every process, a second later at most."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.support.firm import DEAL, to_user
from tests.support.office import EVERYONE, Office
from tests.support.publishing import Publisher
from trellis.engine.query import Query
from trellis.kernel.clock import FixedClock
from trellis.services import accounts, lifecycle, queries, sharing
from trellis.services.commands import Update
from trellis.services.identities import session, start_session
from trellis.services.records import write
from trellis.services.sharing import Terms
from trellis.services.workspaces import OpenWorkspace

TICK = timedelta(seconds=1)


@dataclass
class Elsewhere:
    """Another process that answers requests of a browser."""

    home: OpenWorkspace
    secret: str

    async def deals(self) -> list[str] | None:
        """What a request for the list of deals shows; None when nobody is signed in."""
        context = await self.home.context()
        actor = await session(context, self.secret)
        if actor is None:
            return None
        found = await queries.list_records(context.with_actor(actor), Query(DEAL, ("name",)))
        return sorted(str(record["name"]) for record in found.records())


def wide(*scopes: str) -> dict[str, Any]:
    """A role that reads deals in these scopes."""
    seen = {"read": EVERYONE}
    entities = {"core.user": seen, "core.team": seen, DEAL: {"read": {"scopes": list(scopes)}}}
    return {"kind": "role", "id": "office.wide", "label": "Wide", "entities": entities}


@pytest.fixture
async def ben(office: Office) -> Elsewhere:
    """Ben, who sees the deals of his team and below, of his reports and those shared with him, in another process."""
    await publish(office, wide("own", "teamTree", "subordinates", "shared"))
    office.system = await office.fresh()
    for name in ("Ann", "Ben", "Cat"):
        await office.deal(f"Deal of {name}", name)
    await accounts.assign_roles(office.system, office.ids["Ben"], ["office.wide"])
    home = OpenWorkspace(office.home.database, office.home.workspace, FixedClock(office.home.clock.now()))
    return Elsewhere(home, await start_session(office.system, office.ids["Ben"]))


async def publish(office: Office, role: dict[str, Any]) -> None:
    """A release with the role as it is now."""
    raw = [dict(one) for key, one in office.system.snapshot.raw.items() if key != role["id"]]
    await Publisher(office.home.database, office.home.workspace).publish(*raw, role)


async def no_role(office: Office) -> None:
    await accounts.assign_roles(office.system, office.ids["Ben"], ["office.stranger"])


async def another_team(office: Office) -> None:
    await write(office.system, "core.user", [Update(office.ids["Ben"], {"team": office.ids["South"]})])


async def a_team_moves_below(office: Office) -> None:
    await write(office.system, "core.team", [Update(office.ids["South"], {"parent": office.ids["North"]})])


async def a_new_report(office: Office) -> None:
    await write(office.system, "core.user", [Update(office.ids["Cat"], {"manager": office.ids["Ben"]})])


async def a_share(office: Office) -> None:
    await sharing.share(office.system, DEAL, office.ids["Deal of Cat"], to_user(office, "Ben"), Terms())


async def a_new_owner(office: Office) -> None:
    await write(office.system, DEAL, [Update(office.ids["Deal of Cat"], {"owner": office.ids["Ben"]})])


async def a_narrower_role(office: Office) -> None:
    await publish(office, wide("own"))


async def no_account(office: Office) -> None:
    await lifecycle.disable(office.system, office.ids["Ben"])


async def no_session(office: Office) -> None:
    await lifecycle.end_all_sessions(office.system, office.ids["Ben"])


ANN, BEN, CAT = "Deal of Ann", "Deal of Ben", "Deal of Cat"
CHANGES: dict[Callable[[Office], Awaitable[None]], list[str] | None] = {
    no_role: [BEN], another_team: [BEN, CAT], a_team_moves_below: [ANN, BEN, CAT], a_new_report: [ANN, BEN, CAT],
    a_share: [ANN, BEN, CAT], a_new_owner: [ANN, BEN, CAT], a_narrower_role: [BEN], no_account: None, no_session: None,
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_of_rights_holds_a_second_later(
    office: Office, ben: Elsewhere, change: Callable[[Office], Awaitable[None]]
) -> None:
    assert await ben.deals() == [ANN, BEN]
    await change(office)

    assert isinstance(ben.home.clock, FixedClock)
    ben.home.clock.advance(TICK)

    assert await ben.deals() == CHANGES[change]
