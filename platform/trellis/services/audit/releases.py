"""What the log says about a release: its number, what kind it is, and whose permissions change with it."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from trellis.kernel.actor import Actor
from trellis.kernel.identity import new_id
from trellis.metadata.documents.role import Role
from trellis.metadata.documents.sharing import Sharing
from trellis.metadata.snapshot import Snapshot
from trellis.services.audit.noting import detail_text
from trellis.storage.audit import Noted
from trellis.storage.releases import ReleaseNote


def release_notes(
    old: Snapshot | None, new: Snapshot, about: ReleaseNote, actor: Actor, address: str
) -> Iterator[Noted]:
    """The rows for a release that is written now."""
    plan = hashlib.sha256(about.plan.encode()).hexdigest() if about.plan else None
    said: dict[str, object] = {"number": new.release, "base": about.base, "release": about.kind, "plan": plan}
    said |= {"note": about.text, "restored": about.restored, "hash": new.hash}
    kind = "release.published" if about.restored is None else "release.rolled_back"
    yield _noted(about.at, kind, actor, address, said)
    changed = permissions_changed(old, new)
    if changed:
        detail: dict[str, object] = {"number": new.release, "documents": changed}
        yield _noted(about.at, "permissions.changed", actor, address, detail)


def permissions_changed(old: Snapshot | None, new: Snapshot) -> list[str]:
    """The roles and sharing documents that are new, gone or others than before."""
    before = old.raw if old is not None else {}
    known = [snapshot for snapshot in (old, new) if snapshot is not None]
    documents = {key for snapshot in known for kind in (Role, Sharing) for key in snapshot.of_kind(kind)}
    return sorted(key for key in documents if before.get(key) != new.raw.get(key))


def _noted(at: datetime, kind: str, actor: Actor, address: str, detail: dict[str, object]) -> Noted:
    impersonator, text = actor.impersonator or None, detail_text(detail)
    return Noted(new_id(at), at, kind, actor.id, impersonator, address=address or None, detail=text)
