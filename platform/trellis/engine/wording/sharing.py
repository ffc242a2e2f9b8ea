"""Documents that share records, in sentences: which records, with whom, and what for."""

from collections.abc import Iterable, Mapping
from typing import Any

from trellis.engine.captions import Caption
from trellis.engine.wording.differences import Difference
from trellis.engine.wording.rights import VERBS
from trellis.engine.wording.speaker import Speaker, listed
from trellis.engine.wording.worded import What
from trellis.kernel.messages import Message

Said = tuple[What, Message]


def came(speaker: Speaker, document: str) -> Said:
    """A document that is new, with all that it does."""
    raw = speaker.raw(document)
    params = _about(speaker, document) | {
        "condition": speaker.source(document, ("when",), now=True),
        "who": _grantees(speaker, raw.get("to")),
        "actions": _actions(raw.get("grant")),
    }
    text = "{whole} is new: records of {entity} where {condition} are open to {who}, to {actions} them."
    return What.ADDED, Message(text, params)


def condition(speaker: Speaker, document: str, found: Difference) -> Said:
    """Other records are shared."""
    params = _about(speaker, document) | {"condition": speaker.source(document, ("when",), now=True)}
    return What.CHANGED, Message("{whole} shares the records of {entity} where {condition} now.", params)


def grantees(speaker: Speaker, document: str, found: Difference) -> Said:
    """They are shared with others."""
    who = {"who": _grantees(speaker, found.after), "old": _grantees(speaker, found.before)}
    return What.CHANGED, Message("{whole} shares with {who} now (was {old}).", _about(speaker, document) | who)


def actions(speaker: Speaker, document: str, found: Difference) -> Said:
    """They are shared for something else."""
    what = {"actions": _actions(found.after), "old": _actions(found.before)}
    return What.CHANGED, Message("{whole} allows to {actions} now (was {old}).", _about(speaker, document) | what)


def _about(speaker: Speaker, document: str) -> dict[str, Any]:
    return {"whole": speaker.titled(document), "entity": speaker.at(speaker.entity(document))}


def _grantees(speaker: Speaker, raw: Any) -> Caption:
    found = [_grantee(speaker, one) for one in raw or () if isinstance(one, Mapping)]
    return listed(found) if found else Message("nobody")


def _grantee(speaker: Speaker, raw: Mapping[str, Any]) -> Message:
    if raw.get("kind") == "role":
        return Message("the role {label}", {"label": speaker.at(str(raw.get("role")))})
    team = {"label": str(raw.get("team"))}
    if raw.get("includeChildren"):
        return Message("the team {label} and the teams below it", team)
    return Message("the team {label}", team)


def _actions(raw: Iterable[str] | None) -> Caption:
    return listed([VERBS.get(action, action) for action in raw or ("read",)])
