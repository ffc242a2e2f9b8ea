"""Changing the key while secrets of several workspaces are sealed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from trellis.__main__ import main
from trellis.kernel.errors import SecretKeyMissing
from trellis.kernel.settings import Settings
from trellis.services.rotation import drop_old_keys, keys_in_use, seal_anew
from trellis.services.vault import NAME, Ring, Vault, identify, ring_of
from trellis.storage import sealed
from trellis.storage.database import Database
from trellis.storage.sealed import Sealed
from trellis.storage.system import SystemTables, system_statement, system_tables


@system_statement
def _add_factor(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.second_factor).values(
        user_id=sa.bindparam("user_id"), secret=sa.bindparam("secret"), created_at=0
    )


@dataclass
class Kept:
    database: Database
    ring: Ring

    @property
    def vault(self) -> Vault:
        return Vault(self.ring)

    async def texts(self) -> list[Sealed]:
        found = []
        for workspace in self.database.workspaces:
            async with self.database.write(workspace) as connection:
                found += await sealed.sealed_texts(connection)
        return found


@pytest.fixture
async def kept(database_url: str, tmp_path: Path) -> AsyncIterator[Kept]:
    """Two workspaces with a sealed secret each."""
    url = database_url if database_url.startswith("postgresql:") else None
    settings = Settings(data=str(tmp_path / "files") if url else database_url, database_url=url or "")
    database = await Database.open(settings)
    both = Kept(database, ring_of(settings))
    for name in ("main", "other"):
        workspace = await database.create_workspace(name)
        async with database.write(workspace) as connection:
            row = {"user_id": name, "secret": both.vault.seal(f"secret of {name}", f"second_factor/{name}")}
            await connection.execute(_add_factor(connection), row)
    yield both
    await database.close()


async def test_a_new_key_seals_every_secret_and_the_old_one_can_go(kept: Kept) -> None:
    old = kept.ring.read()[0]
    kept.ring.add()

    assert await seal_anew(kept.database, kept.database.workspaces, kept.vault) == 2
    assert await keys_in_use(kept.database, kept.database.workspaces, kept.vault) == {
        identify(kept.ring.read()[0]): 2, identify(old): 0,
    }  # fmt: skip
    assert await drop_old_keys(kept.database, kept.database.workspaces, kept.ring) == 1

    assert old not in kept.ring.read()
    assert {kept.vault.unseal(item.text, item.place) for item in await kept.texts()} == {
        "secret of main", "secret of other",
    }  # fmt: skip


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_dropping_first_seals_what_a_running_process_still_sealed_with_the_old_key(kept: Kept) -> None:
    kept.ring.add()

    assert await drop_old_keys(kept.database, kept.database.workspaces, kept.ring) == 1

    assert all(kept.vault.is_newest(item.text) for item in await kept.texts())


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_without_the_key_nothing_is_changed_and_no_key_is_dropped(kept: Kept) -> None:
    before = await kept.texts()
    (kept.ring.folder / NAME).unlink()
    kept.ring.add()

    with pytest.raises(SecretKeyMissing):
        await drop_old_keys(kept.database, kept.database.workspaces, kept.ring)

    assert await kept.texts() == before
    assert len(kept.ring.read()) == 2


def test_every_sealed_column_is_a_column() -> None:
    tables = system_tables(None)

    for table, key, column in sealed.COLUMNS:
        assert {key, column} <= set(getattr(tables, table).c.keys())


def test_the_command_makes_a_key_and_forgets_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRELLIS_DATA", str(tmp_path))
    monkeypatch.delenv("TRELLIS_DATABASE_URL", raising=False)
    ring = ring_of(Settings(data=str(tmp_path)))
    (first,) = ring.read()

    assert main(["secrets", "rotate"]) == 0
    assert main(["secrets", "check"]) == 0
    assert main(["secrets", "rotate", "--drop-old"]) == 0

    said = capsys.readouterr().out
    assert f"{identify(first)}: seals 0, an older one" in said
    assert "Keys forgotten: 1." in said
    assert first not in said
    assert len(ring.read()) == 1
