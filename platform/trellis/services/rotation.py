"""Changing the key under which secrets are kept, while everything goes on running."""

from collections import Counter
from collections.abc import Iterable

from trellis.services.vault import Ring, Vault, identify
from trellis.storage import sealed
from trellis.storage.database import Database, Workspace


async def seal_anew(database: Database, workspaces: Iterable[Workspace], vault: Vault) -> int:
    """Seal what an older key sealed with the newest one, a workspace at a time; how many. Raises SecretKeyMissing."""
    return sum([await _seal_workspace(database, workspace, vault) for workspace in workspaces])


async def drop_old_keys(database: Database, workspaces: Iterable[Workspace], ring: Ring) -> int:
    """Forget the older keys of the data folder once nothing needs them; how many went. Raises SecretKeyMissing."""
    await seal_anew(database, workspaces, Vault(ring))
    return ring.keep_first()


async def keys_in_use(database: Database, workspaces: Iterable[Workspace], vault: Vault) -> dict[str, int]:
    """How many secrets each key seals, by the id of the key; keys that seal nothing count zero."""
    used = Counter({identify(key): 0 for key in vault.keys.read()})
    for workspace in workspaces:
        async with database.write(workspace) as connection:
            used.update(item.text.split(".")[1] for item in await sealed.sealed_texts(connection))
    return dict(used)


async def _seal_workspace(database: Database, workspace: Workspace, vault: Vault) -> int:
    async with database.write(workspace) as connection:
        old = [item for item in await sealed.sealed_texts(connection) if not vault.is_newest(item.text)]
        for item in old:
            await sealed.replace_text(connection, item, vault.seal(vault.unseal(item.text, item.place), item.place))
    return len(old)
