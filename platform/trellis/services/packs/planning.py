"""A change of packs, shown as a plan before it is made, and made exactly as it was shown."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from trellis.kernel.errors import Forbidden
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.upgrade import UpgradeItem
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.packs.composing import PackChange
from trellis.services.packs.migrating import changed_since, migrating
from trellis.services.studio import plans
from trellis.services.studio.plans import Work
from trellis.services.studio.planview import PlanView
from trellis.storage import preferences
from trellis.storage.connection import Connection
from trellis.storage.drafts import forget, held

RIGHT = "packs"
UNINSTALLED = "packs.uninstalled"
"""The setting with the packs that somebody has removed: they do not come back by themselves."""


@dataclass(frozen=True)
class PackPlan:
    """What a change of packs would do; `items` is what becomes of each change of the customer."""

    view: PlanView
    items: tuple[UpgradeItem, ...]


def require_packs(context: Context) -> None:
    """Raises Forbidden for whoever may not change packs."""
    if not context.access.system(RIGHT):
        raise Forbidden()


async def plan(context: Context, change: PackChange) -> PackPlan:
    """What a change of packs would do now; raises Forbidden, Invalid when it cannot be done, and InvalidMetadata."""
    require_packs(context)
    context = await _newest(context)
    wanted = await change.wanted(context)
    view = await plans.plan_documents(context, wanted.sources, wanted.intent)
    warnings = await changed_since(context, view.planned.snapshot)
    return PackPlan(replace(view, findings=(*view.findings, *warnings)), wanted.items)


async def publish(context: Context, change: PackChange, shown: str, consents: Iterable[str], note: str) -> int:
    """Make a change of packs as its plan showed it; the number of the new release."""
    view = (await plan(context, change)).view
    return await plans.publish_documents(
        context, view, shown, consents, note, right=RIGHT,
        also=_tidying(view), then=migrating(context.home, context.clock, view.planned),
    )  # fmt: skip


def _tidying(view: PlanView) -> Work:
    """Remember which packs were removed, and end the draft's changes of their documents."""
    before, after = view.planned.old, view.planned.snapshot
    gone = pack_ids(before) - pack_ids(after) if before else set()

    async def tidy(connection: Connection, number: int) -> None:
        known = set((await preferences.setting(connection, UNINSTALLED) or "").split())
        left = (known | gone) - pack_ids(after)
        if left != known:
            await preferences.save_setting(connection, UNINSTALLED, " ".join(sorted(left)))
        for row in await held(connection) if gone else ():
            if layer_of(row.document) in gone:
                await forget(connection, row.document)

    return tidy


def pack_ids(snapshot: Snapshot) -> set[str]:
    """The packs that are there, switched off or not."""
    return {key for key, raw in snapshot.sources.items() if raw["kind"] == "pack"}


async def _newest(context: Context) -> Context:
    """The context under the release in force."""
    newest = await context.home.refresh()
    return context.with_release(newest) if newest and newest.number != context.release.number else context
