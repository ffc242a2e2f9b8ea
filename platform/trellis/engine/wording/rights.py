"""Rights of roles that changed, in sentences: for which records an action is allowed, and how far fields are open."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trellis.engine.captions import Caption
from trellis.engine.wording.differences import Difference, Found, Path, value_in
from trellis.engine.wording.speaker import Speaker, listed
from trellis.engine.wording.worded import What
from trellis.kernel.messages import Message
from trellis.metadata.documents.role import EntityRights
from trellis.metadata.layers.places import MISSING
from trellis.metadata.snapshot import Raw

Said = tuple[What, Message]

VERBS = {
    "create": Message("create"),
    "read": Message("read"),
    "edit": Message("change"),
    "delete": Message("delete"),
    "assign": Message("reassign"),
    "export": Message("export"),
    "share": Message("share"),
    "comment": Message("comment on"),
}
"""What one does to records, in the order in which it is told."""

_SCOPES = {
    "own": Message("own ones"),
    "team": Message("those of the own team"),
    "teamTree": Message("those of the own team and the teams below it"),
    "subordinates": Message("those of people who report to them"),
    "shared": Message("those shared with them"),
    "all": Message("all"),
}
_ASSIGNEES = {
    "own": Message("themselves"),
    "team": Message("people of the own team"),
    "teamTree": Message("people of the own team and the teams below it"),
    "subordinates": Message("people who report to them"),
    "all": Message("everybody"),
}
_LEVELS = {
    "none": Message("not be seen"),
    "masked": Message("be seen in part"),
    "read": Message("be read"),
    "create": Message("be filled in new records"),
    "edit": Message("be read and changed"),
}
SYSTEM_VERBS = {
    "export": Message("export"),
    "import": Message("import"),
    "designer": Message("change definitions"),
    "publish": Message("publish"),
    "rollback": Message("roll back"),
    "packs": Message("install packs"),
    "purge": Message("erase retired values"),
    "bulkUpdate": Message("change many records at once"),
    "users": Message("change users and their roles"),
    "tokens": Message("make tokens"),
    "impersonate": Message("act for others"),
    "audit": Message("read the audit log"),
}


def gathered(found: Iterable[Found], before: Raw, after: Raw) -> Iterator[Found]:
    """The differences of a role; those inside one grant, or one level, as a single one."""
    seen: set[Path] = set()
    for one in found:
        place = _whole(one.path) if isinstance(one, Difference) else None
        if place is None:
            yield one
        elif place not in seen:
            seen.add(place)
            owner = EntityRights if len(place) == 3 else None
            yield Difference(place, owner, value_in(before, place) or None, value_in(after, place) or None)


def _whole(path: Path) -> Path | None:
    """Where the grant or the level stands that a place lies in."""
    if path[:1] != ("entities",) or len(path) < 4:
        return None
    if path[2] == "fields":
        return path[:4] if len(path) > 4 else None
    return path[:3]


def grant(speaker: Speaker, document: str, found: Difference) -> Said:
    """An action on the records of an entity."""
    action = str(found.path[2])
    params = _about(speaker, document, found.path) | {"action": VERBS.get(action, action)}
    scopes = found.after.get("scopes") if isinstance(found.after, Mapping) else None
    if not scopes:
        return What.CHANGED, Message("Role {role} may no longer {action} {entity}.", params)
    plain = set(found.after) <= {"scopes"}
    if plain and "all" in scopes:
        return What.CHANGED, Message("Role {role} may {action} all records of {entity} now.", params)
    if plain and scopes == ["own"]:
        return What.CHANGED, Message("Role {role} may {action} only its own records of {entity} now.", params)
    which = _which(speaker, document, found.path, found.after, now=True)
    return What.CHANGED, Message("Role {role} may {action} these records of {entity} now: {which}.", params | which)


def _which(speaker: Speaker, document: str, path: Path, raw: Raw, *, now: bool) -> dict[str, Caption]:
    """Which records a grant is about, in words."""
    words: Caption = listed([_SCOPES.get(str(scope), str(scope)) for scope in raw.get("scopes", ())])
    if raw.get("where"):
        condition = speaker.source(document, (*path, "where"), now=now)
        words = Message("{scopes}, where {condition}", {"scopes": words, "condition": condition})
    if raw.get("to"):
        people = listed([_ASSIGNEES.get(str(to), str(to)) for to in raw["to"]])
        words = Message("{records}; to {people}", {"records": words, "people": people})
    return {"which": words}


def create(speaker: Speaker, document: str, found: Difference) -> Said | None:
    """Whether records may be created."""
    params = _about(speaker, document, found.path) | {"action": VERBS["create"]}
    if bool(found.after) == bool(found.before):
        return None
    if found.after:
        return What.CHANGED, Message("Role {role} may {action} {entity} now.", params)
    return What.CHANGED, Message("Role {role} may no longer {action} {entity}.", params)


def element(speaker: Speaker, document: str, found: Difference) -> Said | None:
    """Rights on an entity, or the level of a field, that came or went."""
    what = What.ADDED if found.before is None else What.REMOVED
    if found.path[:1] != ("entities",):
        return None
    if len(found.path) > 2:
        return what, level(speaker, document, found)
    about = _about(speaker, document, found.path)
    if what is What.REMOVED:
        return what, Message("Role {role} has no rights on {entity} any more.", about)
    actions = list(_granted(speaker, document, found.path, found.after))
    if not actions:
        return what, Message("Role {role} has rights on {entity} now.", about)
    return what, Message("Role {role} has rights on {entity} now: {actions}.", about | {"actions": listed(actions)})


def _granted(speaker: Speaker, document: str, path: Path, raw: Raw) -> Iterator[Caption]:
    for action, verb in VERBS.items():
        value = raw.get(action)
        if isinstance(value, Mapping) and value.get("scopes"):
            which = _which(speaker, document, (*path, action), value, now=True)
            yield Message("{action} ({which})", {"action": verb, **which})
        elif value is True:
            yield verb


def level(speaker: Speaker, document: str, found: Difference) -> Message:
    """How far a role may go with a field; where it does not say, what it says about all other fields holds."""
    params = _about(speaker, document, found.path) | {"field": speaker.caption(document, found.path)}
    others = (*found.path[:-1], "*")
    params["level"] = _level(speaker, document, found.path, others, now=True)
    params["old"] = _level(speaker, document, found.path, others, now=False)
    return Message("For the role {role}, {field} of {entity} can {level} now (could {old}).", params)


def _level(speaker: Speaker, document: str, path: Path, others: Path, *, now: bool) -> Caption:
    raw = (speaker.new.raw if now else speaker.before).get(document, {})
    place = path if value_in(raw, path) is not MISSING else others
    value = value_in(raw, place)
    if not isinstance(value, Mapping):
        return _LEVELS.get("edit" if value is MISSING else str(value), _LEVELS["none"])
    words = _LEVELS.get(str(value.get("level")), _LEVELS["none"])
    if value.get("reveal"):
        words = Message("{level} – and be shown in full, which is recorded –", {"level": words})
    upgrade = value.get("upgrade")
    if not isinstance(upgrade, Mapping):
        return words
    higher = _LEVELS.get(str(upgrade.get("level")), _LEVELS["none"])
    condition = speaker.source(document, (*place, "upgrade", "where"), now=now)
    return Message(
        "{level} – and {higher} where {condition} –", {"level": words, "higher": higher, "condition": condition}
    )


def system(speaker: Speaker, document: str, found: Difference) -> Said | None:
    """A right that does not belong to one entity."""
    verb = SYSTEM_VERBS.get(found.member)
    absent = found.member == "tokens"
    after = absent if found.after is None else found.after
    before = absent if found.before is None else found.before
    params: dict[str, Any] = {"role": speaker.caption(document), "action": verb}
    if verb is None or after == before:
        return None
    if isinstance(after, str):
        params["count"] = after.rpartition(":")[2]
        return What.CHANGED, Message("Role {role} may {action} at most {count} records at once now.", params)
    if after and before:
        return What.CHANGED, Message("Role {role} may {action} any number of records now.", params)
    if after:
        return What.CHANGED, Message("Role {role} may {action} now.", params)
    return What.CHANGED, Message("Role {role} may no longer {action}.", params)


def _about(speaker: Speaker, document: str, path: Path) -> dict[str, Any]:
    return {"role": speaker.caption(document), "entity": speaker.caption(document, path[:2])}
