"""Records that are shared one by one: with whom they are, for what, until when, and what nobody can share."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.auditlog import prepared
from tests.support.firm import DEAL, LINE, to_role, to_team, to_tree, to_user
from tests.support.office import Office
from tests.support.publishing import CLOCK
from trellis.engine.access.grantees import Grantee
from trellis.engine.query import Count, Query
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.services import queries, sharing
from trellis.services.commands import Create, Delete, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.sharing import Terms
from trellis.services.transfer.exporting import csv_chunks, plan
from trellis.services.worker import tidy
from trellis.storage import shares

READ = Terms()
EDIT = Terms(frozenset({"edit"}))


async def seen(context: Context, entity: str = DEAL, **query: object) -> list[str]:
    """The names of the records that somebody finds."""
    found = await queries.list_records(context, Query(entity, ("name",), **query))  # type: ignore[arg-type]
    return sorted(str(record["name"]) for record in found.records())


async def found_by(context: Context, text: str) -> list[str]:
    """The names that somebody can choose from in a lookup."""
    return sorted(choice.label for choice in await queries.choices(context, DEAL, text))


async def refused(context: Context, deal: str, grantee: Grantee, terms: Terms = READ) -> list[tuple[str, str]]:
    """Why something is not shared; nothing when it is."""
    try:
        await sharing.share(context, DEAL, deal, grantee, terms)
    except Invalid as error:
        return [(one.path, one.code) for one in error.errors]
    except (Forbidden, NotFound) as error:
        return [("", error.code)]
    return []


async def test_who_gets_to_see_a_record_through_each_kind_of_grantee(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    ann = await office.as_("Ann", "worker")
    everybody = {"Ben": "worker", "Cat": "worker", "Dan": "auditor"}
    reached = {
        to_user(office, "Ben"): {"Ben"}, to_team(office, "South"): {"Cat"}, to_team(office, "Head"): {"Dan"},
        to_tree(office, "Head"): {"Ben", "Cat", "Dan"}, to_tree(office, "South"): {"Cat"}, to_role("auditor"): {"Dan"},
    }  # fmt: skip
    for grantee, names in reached.items():
        given = await sharing.share(ann, DEAL, deal, grantee, READ)
        found = {name for name, role in everybody.items() if await seen(await office.as_(name, role))}

        assert found == names, grantee
        await sharing.revoke(ann, DEAL, deal, given.id)
        assert not any([await seen(await office.as_(name, role)) for name, role in everybody.items()])
    assert await sharing.shares_of(ann, DEAL, deal) == ()


async def test_a_share_counts_in_every_read_and_only_where_a_role_uses_shares(office: Office) -> None:
    first, deal = await office.deal("First", "Ann"), await office.deal("Second", "Ann")
    own = await office.deal("Own", "Ben", before=deal)
    await office.deal("After", "Ann", before=deal)
    ann, ben = await office.as_("Ann", "worker"), await office.as_("Ben", "worker")
    await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), Terms(frozenset({"export"})))

    assert await seen(ben) == ["Own", "Second"]
    assert await seen(ben, search="second") == ["Second"]
    assert await queries.count(ben, Query(DEAL, count=Count.EXACT)) == 2
    assert await seen(ben, shared=True) == ["Second"]
    assert (await queries.get_record(ben, DEAL, own, ("before",))).labels == {"before": "Second"}
    assert await found_by(ben, "second") == ["Second"]
    assert await seen(ben, base_filter=f"before == '{deal}'") == ["Own"]
    assert len(await queries.history(ben, DEAL, deal)) == 1
    with pytest.raises(NotFound):
        await queries.history(ben, DEAL, first)
    exported = b"".join([chunk async for chunk in csv_chunks(ben, plan(ben, Query(DEAL, ("name",))))]).decode()
    assert "First" not in exported
    assert "Second" in exported
    assert await seen(await office.as_("Ben", "stranger")) == ["Own"]


async def test_a_share_gives_just_its_actions(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    ann, ben = await office.as_("Ann", "worker"), await office.as_("Ben", "worker")
    await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), READ)
    with pytest.raises(Forbidden):
        await write(ben, DEAL, [Update(deal, {"name": "Mine"})])
    assert await refused(ben, deal, to_user(office, "Cat")) == [("", "forbidden")]
    assert await sharing.rights_on(ben, DEAL, deal) == {"read"}

    await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), Terms(frozenset({"edit", "share", "comment"})))
    assert await sharing.rights_on(ben, DEAL, deal) == {"read", "edit", "share", "comment"}
    await write(ben, DEAL, [Update(deal, {"name": "Ours"})])
    with pytest.raises(Forbidden):
        await write(ben, DEAL, [Delete(deal)])
    assert await refused(ben, deal, to_user(office, "Cat"), Terms(frozenset({"delete"}))) == [("actions", "not_held")]
    assert await refused(ben, deal, to_user(office, "Cat"), EDIT) == []
    assert len(await sharing.shares_of(ann, DEAL, deal)) == 2


async def test_nobody_shares_more_than_he_may_do_on_that_very_record(office: Office) -> None:
    """The role edits deals below 1000 only, so a share of edit is refused for the large one, and for both at once."""
    small, large = await office.deal("Small", "Ann", amount=1), await office.deal("Large", "Ann", amount=5000)
    ann, ben = await office.as_("Ann", "careful"), to_user(office, "Ben")

    assert await refused(ann, small, ben, EDIT) == []
    assert await refused(ann, large, ben, EDIT) == [("actions", "not_held")]
    with pytest.raises(Invalid):
        await sharing.share_many(ann, DEAL, [small, large], ben, EDIT)
    assert await sharing.shares_of(ann, DEAL, large) == ()
    assert await sharing.share_many(ann, DEAL, [small, large], ben, READ) == 2
    assert [one.actions for one in await sharing.shares_of(ann, DEAL, small)] == [("read",)]


async def test_a_share_ends_at_its_moment_and_is_cleared(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    ann, ben = await office.as_("Ann", "worker"), await office.as_("Ben", "worker")
    until = CLOCK.now() + timedelta(hours=1)
    assert await refused(ann, deal, to_user(office, "Ben"), Terms(expires_at=CLOCK.now())) == [("expires_at", "past")]
    await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), Terms(expires_at=until))

    def at(context: Context, seconds: int) -> Context:
        return replace(context, clock=FixedClock(until + timedelta(seconds=seconds)))

    assert await seen(at(ben, -1)) == ["Deal"]
    assert await seen(at(ben, 0)) == []
    assert await sharing.shares_of(at(ann, 0), DEAL, deal) == ()
    await tidy(at(office.system, -1))
    assert await kept(office, deal) == 1
    await tidy(at(office.system, 0))
    assert await kept(office, deal) == 0


async def kept(office: Office, record: str, entity: str = DEAL) -> int:
    """How many shares of a record are in the table."""
    async with office.home.database.read(office.home.workspace) as connection:
        return len(await shares.of_record(connection, entity, record))


async def test_sharing_again_changes_the_share(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    ann = await office.as_("Ann", "worker")
    until = CLOCK.now() + timedelta(days=1)
    first = await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), EDIT)
    second = await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), Terms(part=" Consultant ", expires_at=until))

    (line,) = await sharing.shares_of(ann, DEAL, deal)
    assert (first.id, line.name, line.giver, line.part) == (second.id, "Ben", "Ann", "Consultant")
    assert (line.actions, line.expires_at) == (("read",), until)


async def test_parts_are_shared_with_their_whole_and_not_by_themselves(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    (line,) = await write(office.system, LINE, [Create({"name": "Line", "deal": deal})])
    ann, ben = await office.as_("Ann", "worker"), await office.as_("Ben", "worker")
    assert await seen(ben, LINE) == []

    await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), EDIT)
    assert await seen(ben, LINE) == ["Line"]
    await write(ben, LINE, [Update(line.id, {"name": "Changed"})])
    with pytest.raises(Invalid) as caught:
        await sharing.share(ann, LINE, line.id, to_user(office, "Cat"), READ)
    assert [one.code for one in caught.value.errors] == ["part"]


async def test_what_cannot_be_seen_cannot_be_shared_and_tells_nothing(office: Office) -> None:
    deal, gone = await office.deal("Deal", "Ann"), await office.deal("Gone", "Ben")
    ben, blind = await office.as_("Ben", "worker"), await office.as_("Ann", "blind")
    await write(office.system, DEAL, [Delete(gone)])

    for record in (deal, gone, "00000000-0000-7000-8000-000000000000", "nonsense"):
        assert await refused(ben, record, to_user(office, "Cat")) == [("", "not_found")], record
    unknown = [("grantee", "unknown_grantee")]
    assert await refused(blind, deal, to_user(office, "Cat")) == unknown
    assert await refused(blind, deal, to_team(office, "South")) == unknown
    assert await refused(blind, deal, to_role("nobody")) == unknown
    assert await refused(blind, deal, to_user(office, "South")) == unknown
    assert await refused(await office.as_("Ann", "worker"), deal, to_user(office, "Ann")) == [("grantee", "yourself")]
    with pytest.raises(NotFound):
        await sharing.shares_of(ben, DEAL, deal)


async def test_who_sees_the_shares_of_a_record(office: Office) -> None:
    """Who may share sees all of them; a reader sees the team of the record and his own; names only as far as he may."""
    deal = await office.deal("Deal", "Ann")
    ann, ben, cat = [await office.as_(name, "worker") for name in ("Ann", "Ben", "Cat")]
    await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), Terms(part="Consultant"))
    own = await sharing.share(ann, DEAL, deal, to_user(office, "Cat"), READ)
    await sharing.share(ann, DEAL, deal, to_role("auditor"), READ)

    async def names(context: Context) -> list[str | None]:
        return sorted((line.name for line in await sharing.shares_of(context, DEAL, deal)), key=str)

    assert await names(ann) == ["Ben", "Cat", "auditor"]
    assert await names(cat) == ["Ben", "Cat"]
    assert await names(ben) == ["Ben"]
    assert await names(await office.as_("Ann", "blind")) == [None, None, "auditor"]
    with pytest.raises(Forbidden):
        await sharing.revoke(cat, DEAL, deal, own.id)
    other = await office.deal("Other", "Ann")
    with pytest.raises(NotFound):
        await sharing.revoke(ann, DEAL, other, own.id)


async def test_what_is_noted(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    ann = await office.as_("Ann", "worker")
    given = await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), EDIT)
    await refused(ann, deal, to_user(office, "Ann"))
    await sharing.revoke(ann, DEAL, deal, given.id)

    assert await noted(office, deal) == [("share.granted", office.ids["Ann"]), ("share.revoked", office.ids["Ann"])]


async def noted(office: Office, record: str) -> list[tuple[str, str]]:
    """Kind and actor of what the log says about a record."""
    async with office.home.database.read(office.home.workspace) as connection:
        found = await connection.fetch(prepared(connection, "SELECT kind, actor, record FROM {audit} ORDER BY seq"))
    return [(row[0], row[1]) for row in found if str(row[2]) == record]


async def test_shares_go_with_a_record_that_is_erased(office: Office) -> None:
    """Lines have no bin; a right on them was kept by hand here, as if their deal had no owners once."""
    deal = await office.deal("Deal", "Ann")
    (line,) = await write(office.system, LINE, [Create({"name": "Line", "deal": deal})])
    share = await sharing.share(await office.as_("Ann", "worker"), DEAL, deal, to_user(office, "Ben"), READ)
    async with office.home.database.write(office.home.workspace) as connection:
        await shares.save(connection, [replace(share, id="other", entity=LINE, record=line.id)])
    await write(office.system, LINE, [Delete(line.id)])
    await write(office.system, DEAL, [Delete(deal)])

    assert await kept(office, line.id, LINE) == 0
    assert await kept(office, deal) == 1
    assert await seen(await office.as_("Ben", "worker")) == []


async def test_shares_move_to_somebody_else_and_back(office: Office) -> None:
    deal, other = await office.deal("Deal", "Ann"), await office.deal("Other", "Ann")
    ann, now = await office.as_("Ann", "worker"), CLOCK.now()
    await sharing.share(ann, DEAL, deal, to_user(office, "Ben"), Terms(frozenset({"edit"}), "Seller"))
    await sharing.share(ann, DEAL, other, to_user(office, "Ben"), READ)
    cats = Terms(frozenset({"comment"}), expires_at=now + timedelta(days=1))
    await sharing.share(ann, DEAL, deal, to_user(office, "Cat"), cats)

    async with office.home.database.write(office.home.workspace) as connection:
        before = await shares.shares_to(connection, office.ids["Ben"])
        had = [await shares.move(connection, one, f"u:{office.ids['Cat']}") for one in before]
        after = await shares.shares_to(connection, office.ids["Cat"])
    assert {(one.record, one.actions, one.part, one.expires_at) for one in after} == {
        (deal, 1 + 2 + 8, "Seller", None), (other, 1, None, None),
    }  # fmt: skip

    async with office.home.database.write(office.home.workspace) as connection:
        await shares.revoke(connection, [one.id for one in after])
        await shares.save(connection, [*before, *(one for one in had if one)])
        assert await shares.shares_to(connection, office.ids["Ben"]) == before
        assert [one.record for one in await shares.shares_to(connection, office.ids["Cat"])] == [deal]


async def test_shares_follow_their_entity_and_go_with_it(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    await sharing.share(await office.as_("Ann", "worker"), DEAL, deal, to_user(office, "Ben"), READ)

    async with office.home.database.write(office.home.workspace) as connection:
        await shares.rename_entities(connection, {f"{DEAL}#/fields/amount": "x.sale#/fields/sum", DEAL: "x.sale"})
        await shares.forget_entity(connection, DEAL, CLOCK.now())
        await shares.forget_entity(connection, "x.sale", CLOCK.now() - timedelta(days=1))
        assert [one.entity for one in await shares.shares_to(connection, office.ids["Ben"])] == ["x.sale"]
        await shares.forget_entity(connection, "x.sale", CLOCK.now())
        assert await shares.shares_to(connection, office.ids["Ben"]) == []
