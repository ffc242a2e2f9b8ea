"""Providers are unlinked by their user or by who looks after users; nobody is left without a way in."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from tests.services.conftest import person
from tests.services.test_purge import publish
from trellis.kernel.actor import Actor
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated
from trellis.services import accounts, oidc
from trellis.services.audit.sentences import sentence
from trellis.services.audit.timeline import Search, timeline
from trellis.services.context import Context
from trellis.services.oidc import Options, Provider
from trellis.storage import providers
from trellis.storage.providers import Identity
from trellis.storage.timers import claim

pytestmark = pytest.mark.anyio
PASSWORD = "violet harbour 41 lanterns"


async def keep(system: Context, name: str, *, enabled: bool = True) -> None:
    """A provider."""
    given = Provider(name, name.title(), f"https://{name}.example.com", "trellis", Options(), enabled)
    await oidc.save(system, given)


async def user(
    system: Context, name: str, *linked: str, password: str | None = None, role: str = "sales.rep"
) -> Context:
    """Somebody who signs in with these providers."""
    email = f"{name.lower()}@example.com"
    found = await accounts.create_user(system, email=email, name=name, password=password, roles=[role])
    async with system.database.write(system.workspace) as connection:
        for one in linked:
            await providers.save_identity(connection, Identity(one, f"sub-{name}", found, email), system.now())
    return system.with_actor(Actor(found, name, email, frozenset({role})))


@pytest.fixture
async def ready(system: Context) -> Context:
    """The system, with two providers."""
    for name in ("corp", "lab"):
        await keep(system, name)
    return system


async def keys(context: Context) -> dict[str, str]:
    """The keys of what one has linked, by provider."""
    return {one.provider: one.key for one in await oidc.linked(context, context.actor.id)}


async def own(context: Context, provider: str, password: str = "", session: str = "") -> None:
    key = (await keys(context))[provider]
    await oidc.unlink_own(context, key, password=password, known="", session=session)


async def test_one_unlinks_ones_own_with_the_password(ready: Context) -> None:
    ann = await user(ready, "Ann", "corp", password=PASSWORD)
    here, there = [await accounts.start_session(ann, ann.actor.id) for _ in range(2)]

    with pytest.raises(Unauthenticated):
        await own(ann, "corp", "wrong", here)
    assert [one.label for one in await oidc.linked(ann, ann.actor.id)] == ["Corp"]
    await own(ann, "corp", PASSWORD, here)

    assert await oidc.linked(ann, ann.actor.id) == ()
    assert [accounts.is_session(one, here) for one in await accounts.sessions(ann, ann.actor.id)] == [True], there
    admin = await person(ready, "Ada", "core.admin")
    (line,) = (await timeline(admin, Search(kind="identity"))).entries
    assert str(sentence(admin, line)) == "Ann unlinked corp from the own account"
    async with ready.database.write(ready.workspace) as connection:
        waiting = await claim(connection, "test", ready.clock.now(), lease=timedelta(minutes=1), limit=10)
    letters = [one.payload for one in waiting]
    assert [(one["to"], one["template"]) for one in letters if one.get("template")] == [
        ("ann@example.com", "identity_unlinked")
    ]


async def test_without_a_password_a_recent_sign_in_does(ready: Context) -> None:
    ben = await user(ready, "Ben", "corp", "lab")
    session = await accounts.start_session(ben, ben.actor.id)
    others = await accounts.start_session(await user(ready, "Eve", "corp"), "")
    clock = cast(FixedClock, ready.clock)

    clock.advance(timedelta(minutes=16))
    for secret in (session, "", "forged", others):
        with pytest.raises(Unauthenticated):
            await own(ben, "corp", session=secret)
    await own(ben, "corp", session=await accounts.start_session(ben, ben.actor.id))

    assert [*await keys(ben)] == ["lab"]


async def test_the_only_way_in_stays(ready: Context) -> None:
    ben, admin = await user(ready, "Ben", "corp", "lab"), await person(ready, "Ada", "core.admin")
    corp = (await keys(ben))["corp"]
    session = await accounts.start_session(ben, ben.actor.id)
    await keep(ready, "lab", enabled=False)

    with pytest.raises(Invalid) as mine:
        await own(ben, "corp", session=session)
    with pytest.raises(Invalid) as theirs:
        await oidc.unlink(admin, ben.actor.id, corp)
    await own(ben, "lab", session=session)

    assert "Get a password first" in str(mine.value.errors[0].message)
    assert "Send them a link" in str(theirs.value.errors[0].message)
    assert [*await keys(ben)] == ["corp"]


async def test_who_looks_after_users_unlinks_for_those_who_may_do_no_more(ready: Context) -> None:
    ready = await publish(ready, {"kind": "role", "id": "x.clerk", "label": "Clerk", "system": {"users": True}})
    clerk = await user(ready, "Clara", "corp", password=PASSWORD, role="x.clerk")
    ann = await user(ready, "Ann", "corp", password=PASSWORD)
    boss = await user(ready, "Boss", "corp", password=PASSWORD, role="core.admin")
    rights = [(ann, boss), (clerk, boss), (clerk, clerk)]

    for who, whose in rights:
        with pytest.raises(Forbidden):
            await oidc.unlink(who, whose.actor.id, (await keys(whose))["corp"])
    with pytest.raises(Forbidden):
        await oidc.linked(ann, boss.actor.id)
    acting = clerk.with_actor(replace(clerk.actor, impersonator=boss.actor.id))
    with pytest.raises(Forbidden):
        await oidc.unlink(acting, ann.actor.id, (await keys(ann))["corp"])
    with pytest.raises(NotFound):
        await oidc.unlink(clerk, ann.actor.id, (await keys(boss))["corp"])
    await oidc.unlink(clerk, ann.actor.id, (await keys(ann))["corp"])

    assert (await keys(ann), [*await keys(boss)]) == ({}, ["corp"])


async def test_two_at_once_leave_one_way_in(ready: Context) -> None:
    ben, admin = await user(ready, "Ben", "corp", "lab"), await person(ready, "Ada", "core.admin")

    outcomes = await asyncio.gather(
        *(oidc.unlink(admin, ben.actor.id, key) for key in (await keys(ben)).values()), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in outcomes) == ["Invalid", "NoneType"]
    assert len(await keys(ben)) == 1
