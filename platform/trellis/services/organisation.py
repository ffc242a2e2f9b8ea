"""Teams and reporting lines: nobody is above themselves, and all pairs of above and below are kept with the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trellis.engine.ancestry import circle, pairs
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Level
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.services.linked import values_of
from trellis.services.retrying import in_transaction
from trellis.services.trees import rebuild
from trellis.storage import organisation as storage
from trellis.storage.connection import Connection
from trellis.storage.organisation import SOUND, TREES, Tree
from trellis.storage.statements import Statements

_CIRCLES = {
    "core.team": ("A team cannot be below itself.", "A team cannot be below itself: {path}."),
    "core.user": ("Nobody can report to themselves.", "Nobody can report to themselves: {path}."),
}


async def check_places(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Refuse drafts that would put a team below itself or make people report to themselves; others wait from here on."""
    tree = _tree(context.release.statements, entity)
    moving = [draft for draft in drafts if draft.differs(tree.link)] if tree else []
    if tree is None or not moving:
        return
    state = await storage.hold(connection, tree) or await rebuild(connection, context.release.statements, tree)
    wanted = [str(target) for draft in moving if (target := draft.values[tree.link])]
    known = await _known(context, connection, tree, wanted, state) if wanted else {}
    for draft in moving:
        target = draft.values[tree.link]
        found = circle({**known, draft.id: target}, draft.id)
        if found:
            draft.refuse([await _refusal(context, connection, tree, found)])
        else:
            known[draft.id] = target


async def keep_places(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Bring the pairs up to date after the records were written."""
    statements = context.release.statements
    tree = _tree(statements, entity)
    if tree is None:
        return
    new = [draft.id for draft in drafts if isinstance(draft.command, Create)]
    moved = [draft.id for draft in drafts if isinstance(draft.command, Update) and draft.differs(tree.link)]
    linked = [draft.id for draft in drafts if isinstance(draft.command, Create) and draft.values.get(tree.link)]
    if (moved or linked) and await storage.state(connection, tree) != SOUND:
        await rebuild(connection, statements, tree)
    else:
        await storage.place(connection, statements, tree, new=new if tree.reflexive else linked, moved=moved)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many pairs of a tree were looked at, and how many are missing, left over or wrong."""

    table: str
    looked_at: int
    wrong: int


async def compare_places(context: Context) -> list[Compared]:
    """Compare the pairs that are kept with those that the records give."""
    statements = context.release.statements
    async with context.database.read(context.workspace) as connection:
        return [
            await _compare(connection, statements, tree) for tree in TREES.values() if tree.is_in(statements)
        ]  # fmt: skip


async def repair_places(context: Context) -> None:
    """Work out the pairs of both trees anew."""

    async def work(now: Context, connection: Connection) -> None:
        for tree in TREES.values():
            if tree.is_in(now.release.statements):
                await storage.hold(connection, tree)
                await rebuild(connection, now.release.statements, tree)

    await in_transaction(context, work)


async def _compare(connection: Connection, statements: Statements, tree: Tree) -> Compared:
    kept = await storage.pairs(connection, statements, tree)
    right = pairs(await storage.parents(connection, statements, tree), reflexive=tree.reflexive)
    return Compared(tree.table, len(right), len(dict(kept.items() ^ right.items())))


def _tree(statements: Statements, entity: Entity) -> Tree | None:
    tree = TREES.get(entity.id)
    return tree if tree is not None and tree.is_in(statements) else None


async def _known(
    context: Context, connection: Connection, tree: Tree, wanted: Sequence[str], state: str
) -> dict[str, str | None]:
    """The records above those that are wanted; all records where some are above themselves."""
    statements = context.release.statements
    if state == SOUND:
        return await storage.parents_above(connection, statements, tree, wanted)
    return await storage.parents(connection, statements, tree)


async def _refusal(context: Context, connection: Connection, tree: Tree, found: Sequence[str]) -> FieldError:
    plain, named = _CIRCLES[tree.entity]
    names = await _names(context, connection, tree.entity, found)
    if not names:
        return FieldError(tree.link, "circular", Message(plain))
    return FieldError(tree.link, "circular", Message(named, {"path": " > ".join(names[one] for one in found)}))


async def _names(context: Context, connection: Connection, entity_id: str, ids: Sequence[str]) -> Mapping[str, str]:
    """What the records are called, unless the actor may not see all of them."""
    title, access = context.snapshot.entity(entity_id).title_field, context.access
    seen = access.allows(entity_id, "read") and access.condition(entity_id, "read") is None
    if not title or not seen or access.level(entity_id, title) < Level.READ:
        return {}
    values = await values_of(context, connection, entity_id, sorted(set(ids)), (title,))
    return {record: str(values[record][title]) for record in ids} if values.keys() >= set(ids) else {}
