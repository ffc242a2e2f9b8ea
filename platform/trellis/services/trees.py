"""Working out who is above whom from the records, where that was never done or is to be done anew."""

from trellis.engine.ancestry import is_circular, pairs
from trellis.storage import organisation as storage
from trellis.storage.connection import Connection
from trellis.storage.database import Database, Workspace
from trellis.storage.organisation import SOUND, TREES, Tree
from trellis.storage.statements import Statements


async def organise(database: Database, workspace: Workspace, statements: Statements) -> bool:
    """Write all pairs where that was never done; whether it is done for both trees."""
    here = [tree for tree in TREES.values() if tree.is_in(statements)]
    async with database.read(workspace) as connection:
        waiting = [tree for tree in here if await storage.state(connection, tree) is None]
    if waiting:
        async with database.write(workspace) as connection:
            for tree in waiting:
                await storage.hold(connection, tree)
                await rebuild(connection, statements, tree)
    return len(here) == len(TREES)


async def rebuild(connection: Connection, statements: Statements, tree: Tree) -> str:
    """Work all pairs out from the records; the state of the tree. The caller holds it."""
    parents = await storage.parents(connection, statements, tree)
    state = storage.CIRCULAR if is_circular(parents) else SOUND
    await storage.replace(connection, statements, tree, pairs(parents, reflexive=tree.reflexive), state)
    return state
