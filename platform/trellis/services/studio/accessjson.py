"""What a plan changes about access, as JSON."""

from typing import Any

from trellis.kernel.messages import Translate
from trellis.metadata.documents import Level
from trellis.services.studio.accesscounts import NAMED, Counts, Line, Share
from trellis.services.studio.planview import PlanView

Part = dict[str, Any]


def access_body(view: PlanView, translate: Translate) -> Part | None:
    """Roles, numbers of records as far as they were counted, and what has to be confirmed; None where nothing changes."""
    change = view.access
    if change is None:
        return None
    return {
        "roles": [
            {
                "role": one.role, "people": change.held.get(one.role, 0),
                "actions": {entity: list(actions) for entity, actions in one.actions.items()},
                "fields": [
                    {
                        "entity": level.entity, "field": level.key, "before": _level(level.before.level),
                        "after": _level(level.after.level),
                        "reveal_before": bool(level.before.reveal), "reveal_after": bool(level.after.reveal),
                    }
                    for level in one.levels
                ],
                "gained": list(one.gained), "lost": list(one.lost),
            }
            for one in change.roles
        ],
        "records": _records(view.counts) if view.counts else None,
        "whole": view.counts.whole if view.counts else change.whole,
        "confirmations": [{"key": one.key, "message": one.message.translated(translate)} for one in change.confirmations],
    }  # fmt: skip


def _level(level: Level) -> str:
    return level.name.lower()


def _records(counts: Counts) -> list[Part]:
    return [_line(line) for line in counts.lines]


def _line(line: Line) -> Part:
    return {
        "entity": line.entity, "action": line.action, "people": line.everybody, "counted": line.counted,
        "known": line.known, "assumed": line.assumed,
        "gained": _shares(line.gained, line.records_gained), "lost": _shares(line.lost, line.records_lost),
    }  # fmt: skip


def _shares(shares: tuple[Share, ...], records: int) -> Part:
    """How many people and records, and those with most by name."""
    named = [share for share in shares[:NAMED] if share.name]
    most = [{"id": share.user, "name": share.name, "records": share.records} for share in named]
    return {"people": len(shares), "records": records, "most": most}
