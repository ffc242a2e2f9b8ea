"""What publishing would do, shown before it is done; and publishing exactly what was shown."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from time import perf_counter

from trellis.engine.wording import Impact, Worded, changes, impact
from trellis.kernel.errors import Finding, Forbidden, InvalidMetadata, NotFound, StaleRelease, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.check import check_documents
from trellis.metadata.identity import back_to
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.ledger import Ledger
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.publishing import Order, Planned, Rehearsed, planned_over, publish, rehearse
from trellis.services.studio import drafts
from trellis.services.studio.accesschange import access_change
from trellis.services.studio.accesscounts import count_changes
from trellis.services.studio.clients import concerned_clients
from trellis.services.studio.planjson import plan_json
from trellis.services.studio.planview import PlanView, Recompute
from trellis.services.studio.steps import Step, measured
from trellis.storage import measures
from trellis.storage.connection import Connection
from trellis.storage.drafts import end
from trellis.storage.ledger import read_ledger
from trellis.storage.metadata_expressions import check_expression
from trellis.storage.releases import find_release, load_release, read_pointer

FOUR_EYES = "publish.four_eyes"
"""The setting under which a second person must publish what may lose values."""

Work = Callable[[Connection, int], Awaitable[None]]
"""Something in the transaction of a publish, with the number of the release."""

_LOOK_AGAIN = Message("What would happen has changed since you looked. Please look again.")
PUBLISHED, RESTORED = "published", "rolled back"


class PlanChanged(TrellisError):
    """What would happen now is not what was shown."""

    code = "plan_changed"


async def is_four_eyes(context: Context) -> bool:
    """Whether a second person must publish what may lose values."""
    return await accounts.setting(context, FOUR_EYES) == "on"


async def set_four_eyes(context: Context, wanted: bool) -> None:
    """Change that; raises Forbidden without the right to publish."""
    _require(context, "publish")
    await accounts.save_setting(context, FOUR_EYES, "on" if wanted else "off")


async def plan_draft(context: Context) -> PlanView:
    """What publishing the draft would do now."""
    context = await _up_to_date(context)
    draft = await drafts.load(context)
    sound = all(finding.severity != "error" for finding in draft.findings())
    planned = await _planned(context, draft.snapshot(context.release.number + 1), draft.intent, sound=sound)
    view = await _view(context, planned, draft.findings())
    return replace(
        view,
        conflicts=tuple(change.document for change in draft.changes if change.conflict),
        authors=frozenset(change.by for change in draft.changes),
        stamp=draft.stamp,
    )


async def plan_documents(context: Context, sources: Iterable[Raw], intent: Intent = NO_INTENT) -> PlanView:
    """What publishing these documents in the place of all others would do; raises InvalidMetadata when they have defects."""
    documents = tuple(sources)
    found = await asyncio.to_thread(check_documents, documents, check_expression)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise InvalidMetadata(errors)
    context = await _up_to_date(context)
    planned = await _planned(context, documents, intent)
    return await _view(context, planned, found)


async def plan_rollback(context: Context, number: int) -> PlanView:
    """What taking up an older release again would do; raises NotFound."""
    context = await _up_to_date(context)
    async with context.database.read(context.workspace) as connection:
        if await find_release(connection, number) is None:
            raise NotFound()
        old, _ = await load_release(connection, number, context.snapshot)
        ledger = await read_ledger(connection)
    planned = await _planned(context, tuple(old.sources.values()), back_to(ledger, old))
    return replace(await _view(context, planned, ()), restored=number)


async def counted(context: Context, view: PlanView) -> PlanView:
    """The plan with the numbers of records that people gain and lose, where rights change at all."""
    if view.access is None or view.counts is not None:
        return view
    return replace(view, counts=await count_changes(await _up_to_date(context), view.planned, view.access))


async def _planned(context: Context, new: Snapshot | tuple[Raw, ...], intent: Intent, *, sound: bool = True) -> Planned:
    # hundreds of documents take a while: others go on being served
    current, database = await _current(context), context.database
    return await asyncio.to_thread(
        planned_over, current, new, intent, context.workspace.schema, database.dialect, sound=sound
    )


async def publish_draft(context: Context, shown: str, consents: Iterable[str], note: str) -> int:
    """Publish the draft as it was shown, and begin an empty one; the number of the new release."""
    _require(context, "publish")
    view = await plan_draft(context)
    return await _publish(context, view, shown, consents, note, also=_ending(view.stamp))


async def publish_documents(
    context: Context,
    view: PlanView,
    shown: str,
    consents: Iterable[str],
    note: str,
    *,
    right: str = "publish",
    also: Work | None = None,
    then: Work | None = None,
) -> int:
    """Publish documents as they were shown; `also` happens with it, `then` when the tables have changed."""
    _require(context, right)
    return await _publish(context, view, shown, consents, note, also, then)


async def rollback(context: Context, number: int, shown: str, consents: Iterable[str], note: str) -> int:
    """Take up an older release again, as a new one; the number of that."""
    _require(context, "rollback")
    view = await plan_rollback(context, number)
    return await _publish(context, view, shown, consents, note)


async def rehearse_draft(context: Context) -> Rehearsed:
    """Do all that publishing the draft would do, and take it back; others wait meanwhile, as they would then."""
    _require(context, "publish")
    view = await plan_draft(context)
    _refuse_blocked(view)
    order = _order(context, view, "")
    started = perf_counter()
    refused = await rehearse(context.database, context.workspace, view.planned, context.clock, order)
    return Rehearsed(int((perf_counter() - started) * 1000), refused)


async def _publish(
    context: Context,
    view: PlanView,
    shown: str,
    consents: Iterable[str],
    note: str,
    also: Work | None = None,
    then: Work | None = None,
) -> int:
    if shown != view.fingerprint:
        raise PlanChanged(_LOOK_AGAIN)
    _refuse_blocked(view)
    given = set(consents)
    if missing := [step for step in view.consents if step.consent not in given]:
        raise PlanChanged(Message("Please agree to what happens to {field} first.", {"field": _named(missing[0])}))
    if unsaid := [one for one in view.confirmations if one.key not in given]:
        raise PlanChanged(Message("Please confirm this first: {what}", {"what": unsaid[0].message}))
    if view.needs_second(context.actor.id):
        raise Forbidden(Message("Somebody else has to publish changes of yours that may lose values."))
    order = _order(context, view, note)
    order = replace(order, also=also) if also else order
    order = replace(order, then=then) if then else order
    number = await publish(context.database, context.workspace, view.planned, context.clock, order)
    await context.home.refresh()
    return number


def _order(context: Context, view: PlanView, note: str) -> Order:
    kind = PUBLISHED if view.restored is None else RESTORED
    accepted = {step.at: step.affected for step in view.consents}
    return Order(
        context.actor, note, kind, view.restored, accepted, plan_json(view),
        zone=context.preferences.zone, address=context.address,
    )  # fmt: skip


def _named(step: Step) -> object:
    operation = step.operation
    return getattr(getattr(operation, "after", None), "caption", step.at)


def _refuse_blocked(view: PlanView) -> None:
    if view.errors:
        raise InvalidMetadata(view.errors)
    if view.questions:
        raise PlanChanged(Message("There are questions to answer before this can be published."))
    if view.conflicts:
        raise PlanChanged(Message("Others have published changes of the same documents. Decide which ones hold."))
    if view.empty:
        raise PlanChanged(Message("There is nothing to publish."))


def _ending(stamp: int) -> Work:
    """What ends the draft when it is published, unless somebody has saved since it was planned."""

    async def ended(connection: Connection, number: int) -> None:
        try:
            await end(connection, stamp)
        except StaleRelease:
            raise PlanChanged(_LOOK_AGAIN) from None

    return ended


async def _view(context: Context, planned: Planned, findings: Iterable[Finding]) -> PlanView:
    async with context.database.read(context.workspace) as connection:
        steps = await measured(connection, planned.plan, context.preferences.zone)
        recompute = [
            Recompute(entity, keys, await _rows(connection, planned, entity)) for entity, keys in planned.refills
        ]
    words, hit = await asyncio.to_thread(_in_words, planned, context.locale)
    four_eyes = await is_four_eyes(context)
    return PlanView(
        planned, steps, words, hit, tuple(findings), recompute=tuple(recompute), four_eyes=four_eyes,
        access=await access_change(context, planned), clients=await concerned_clients(context, planned),
    )  # fmt: skip


async def _rows(connection: Connection, planned: Planned, entity: str) -> int:
    found = planned.ledger.live.get(entity)
    return await measures.rows(connection, found.physical) if found else 0


def _in_words(planned: Planned, locale: str) -> tuple[tuple[Worded, ...], Impact]:
    renames = planned.plan.intent.renames
    words = changes(planned.old, planned.snapshot, renames, locale)
    return words, impact(planned.old, planned.snapshot, renames, locale)


async def _current(context: Context) -> tuple[Snapshot, Ledger]:
    """The release of the context with the whole ledger; what this process knows of a release is not read again."""
    async with context.database.read(context.workspace) as connection:
        if await read_pointer(connection) != context.release.number:
            raise StaleRelease()
        return context.snapshot, await read_ledger(connection)


async def _up_to_date(context: Context) -> Context:
    """The context under the release in force."""
    newest = await context.home.refresh()
    return context.with_release(newest) if newest and newest.number != context.release.number else context


def _require(context: Context, right: str) -> None:
    if not context.access.system(right):
        raise Forbidden()
