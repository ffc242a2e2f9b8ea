"""Members that changed, in sentences: the ones that people know best have their own, the others a general one."""

from collections.abc import Callable
from typing import Any

from trellis.engine.captions import Caption
from trellis.engine.wording import rights, sharing
from trellis.engine.wording.differences import Difference, Path
from trellis.engine.wording.elements import Said, quoted, type_name
from trellis.engine.wording.speaker import Speaker, listed
from trellis.engine.wording.titles import title
from trellis.engine.wording.values import said
from trellis.engine.wording.worded import What
from trellis.kernel.messages import Message

Sayer = Callable[[Speaker, str, Difference], Said | None]

_SWITCHES = {
    "FieldType.required": (
        Message("{thing} is required now."), Message("{thing} is no longer required."),
    ),
    "FieldType.unique": (
        Message("{thing} must be different in every record now."), Message("{thing} may be the same in several records now."),
    ),
    "FieldType.search": (
        Message("The search looks into {thing} now."), Message("The search no longer looks into {thing}."),
    ),
    "FieldType.pii": (
        Message("{thing} counts as personal data now."), Message("{thing} no longer counts as personal data."),
    ),
    "FieldType.system": (
        Message("Only the platform fills {thing} now."), Message("People may fill {thing} now."),
    ),
    "Option.active": (
        Message("{thing} can be chosen again."), Message("{thing} can no longer be chosen."),
    ),
    "View.default": (
        Message("{thing} comes first now."), Message("{thing} no longer comes first."),
    ),
    "Traits.owned": (
        Message("Records of {thing} have an owner now."), Message("Records of {thing} no longer have an owner."),
    ),
    "Traits.softDelete": (
        Message("Deleted records of {thing} go to the bin now."), Message("Records of {thing} are deleted without a bin now."),
    ),
    "Traits.multiCurrency": (
        Message("Each record of {thing} has its own currency now."), Message("Records of {thing} no longer have their own currency."),
    ),
    "Column.link": (
        Message("{thing} leads to the record now."), Message("{thing} no longer leads to the record."),
    ),
    "SignIn.secondFactor": (
        Message("{thing} asks for a second factor when signing in now."),
        Message("{thing} no longer asks for a second factor when signing in."),
    ),
    "OptionSet.extensible": (
        Message("{thing} takes options of others now."), Message("{thing} no longer takes options of others."),
    ),
}  # fmt: skip
"""Members that are on or off, with both sentences."""

_LIMITS = {
    "min": (
        Message("{thing} must be at least {value} now."), Message("{thing} must be at least {value} now (was {old})."),
        Message("{thing} no longer has a smallest value (was {old})."),
    ),
    "max": (
        Message("{thing} may be at most {value} now."), Message("{thing} may be at most {value} now (was {old})."),
        Message("{thing} no longer has a largest value (was {old})."),
    ),
    "maxLength": (
        Message("{thing} may have at most {value} characters now."),
        Message("{thing} may have at most {value} characters now (was {old})."),
        Message("{thing} may have any number of characters now (was {old})."),
    ),
}  # fmt: skip
"""Members that bound values: new, changed, gone."""

_CONDITIONS = {
    "visible": (
        Message("{thing} is always shown now."), Message("{thing} is never shown now."),
        Message("{thing} is shown only if {condition} now."),
    ),
    "required": (
        Message("{thing} must always be filled now."), Message("{thing} need not be filled now."),
        Message("{thing} must be filled if {condition} now."),
    ),
    "readonly": (
        Message("{thing} can only be read now."), Message("{thing} can always be changed now."),
        Message("{thing} can only be read if {condition} now."),
    ),
}  # fmt: skip
"""Members that are true, false or a condition: always, never, if."""

_ABSENT = {
    "visible": True,
    "required": False,
    "readonly": False,
    "active": True,
    "softDelete": True,
    "extensible": True,
}
"""What it means when a member is not written, where that is not false."""


def member(speaker: Speaker, document: str, found: Difference) -> Said:
    """A member that changed."""
    for owner in found.owner.__mro__ if found.owner else ():
        sayer = _SAYERS.get(f"{owner.__name__}.{found.member}") or _SAYERS.get(f"{owner.__name__}.*")
        if sayer is not None and (words := sayer(speaker, document, found)) is not None:
            return words
    sayer = _SAYERS.get(found.member) if found.owner else None
    return (sayer(speaker, document, found) if sayer else None) or general(speaker, document, found)


def general(speaker: Speaker, document: str, found: Difference) -> Said:
    """The sentence for members that have none of their own: what it is now, and what it was."""
    named = title(found.owner, found.member)
    params: dict[str, Any] = {"title": named, "thing": speaker.thing(document, found.path[:-1])}
    if named is None:
        return What.CHANGED, Message("{thing} changed.", {"thing": speaker.subject(document, found.path[:-1])})
    value = said(speaker, document, found.path, found.after, now=True)
    old = said(speaker, document, found.path, found.before, now=False)
    if value is None or old is None:
        return What.CHANGED, Message("{title} of {thing} changed.", params)
    if found.before is None:
        return What.CHANGED, Message("{title} of {thing}: {value}.", {**params, "value": value})
    if found.after is None:
        return What.CHANGED, Message("{title} of {thing}: no longer given (was {old}).", {**params, "old": old})
    return What.CHANGED, Message("{title} of {thing}: {value} (was {old}).", {**params, "value": value, "old": old})


def _label(speaker: Speaker, document: str, found: Difference) -> Said | None:
    """Another name; the thing is told by its former one."""
    path = found.path[:-1]
    if not (isinstance(found.after, str) and found.after and isinstance(found.before, str) and found.before):
        return None
    if path != speaker.named(document, path):
        return None
    former, label = speaker.former(document, path), speaker.caption(document, path)
    if former == label:
        former, label = found.before, found.after
    subject = speaker.subject(document, path, called=former)
    return What.CHANGED, Message("{thing} is called “{label}” now.", {"thing": subject, "label": label})


def _switch(speaker: Speaker, document: str, found: Difference) -> Said | None:
    sentences = next(
        (_SWITCHES[key] for owner in (found.owner or object).__mro__ if (key := f"{owner.__name__}.{found.member}") in _SWITCHES),
        None,
    )  # fmt: skip
    absent = _ABSENT.get(found.member, False)
    after = absent if found.after is None else found.after
    before = absent if found.before is None else found.before
    if sentences is None or not isinstance(after, bool) or after == before:
        return None
    thing = speaker.subject(document, found.path[:-1])
    return What.CHANGED, Message(sentences[0 if after else 1].template, {"thing": thing})


def _hidden(speaker: Speaker, document: str, found: Difference) -> Said | None:
    thing = {"thing": speaker.subject(document, found.path[:-1])}
    if found.after is True:
        return What.HIDDEN, Message("{thing} is hidden now; its values are kept.", thing)
    return (What.CHANGED, Message("{thing} is shown again.", thing)) if found.before is True else None


def _limit(speaker: Speaker, document: str, found: Difference) -> Said | None:
    fresh, changed, gone = _LIMITS[found.member]
    value = said(speaker, document, found.path, found.after, now=True)
    old = said(speaker, document, found.path, found.before, now=False)
    if value is None or old is None:
        return None
    template = gone if found.after is None else fresh if found.before is None else changed
    thing = speaker.subject(document, found.path[:-1])
    return What.CHANGED, Message(template.template, {"thing": thing, "value": value, "old": old})


def _condition(speaker: Speaker, document: str, found: Difference) -> Said | None:
    always, never, depends = _CONDITIONS[found.member]
    after = _ABSENT[found.member] if found.after is None else found.after
    before = _ABSENT[found.member] if found.before is None else found.before
    if after == before:
        return None
    thing = {"thing": speaker.subject(document, found.path[:-1])}
    if isinstance(after, bool):
        return What.CHANGED, Message((always if after else never).template, thing)
    condition = speaker.source(document, found.path, now=True)
    return What.CHANGED, Message(depends.template, {**thing, "condition": condition})


def _type(speaker: Speaker, document: str, found: Difference) -> Said | None:
    params = {
        "thing": speaker.subject(document, found.path[:-1]),
        "value": type_name(found.after),
        "old": type_name(found.before),
    }
    return What.RETYPED, Message("The type of {thing} is {value} now (was {old}).", params)


def _audience(speaker: Speaker, document: str, found: Difference) -> Said | None:
    whole = {"whole": speaker.titled(document)}
    if not found.after:
        return What.CHANGED, Message("{whole} is for everyone now.", whole)
    roles = listed([speaker.at(str(role)) for role in found.after])
    return What.CHANGED, Message("{whole} is only for these roles now: {roles}.", {**whole, "roles": roles})


def _version(speaker: Speaker, document: str, found: Difference) -> Said | None:
    params = {"label": speaker.caption(document), "old": found.before, "value": found.after}
    return What.CHANGED, Message("{label} goes from {old} to {value}.", params)


def _rows(speaker: Speaker, document: str, found: Difference) -> Said | None:
    params = {"whole": speaker.titled(document), "count": len(found.after or ()), "old": len(found.before or ())}
    return What.CHANGED, Message("{whole} has other records now: {count} (were {old}).", params)


def _replacement(speaker: Speaker, document: str, found: Difference) -> Said | None:
    thing = {"thing": speaker.subject(document, found.path[:-1])}
    if found.after is None:
        return What.CHANGED, Message("{thing} is no longer replaced by another option.", thing)
    path: Path = (*found.path[:-2], str(found.after))
    return What.CHANGED, Message(
        "{thing} is replaced by {other} now.", {**thing, "other": speaker.caption(document, path)}
    )


def _order(speaker: Speaker, document: str, found: Difference) -> Said | None:
    """The columns by which a list is sorted."""
    names = listed([_key(speaker, document, key) for key in found.after or ()])
    whole = {"whole": speaker.titled(document), "names": names}
    if not found.after:
        return What.CHANGED, Message("{whole} has no order of its own any more.", whole)
    return What.CHANGED, Message("{whole} is sorted by {names} now.", whole)


def _key(speaker: Speaker, document: str, key: Any) -> Caption:
    name = speaker.along(speaker.entity(document), str(key.get("field", "")))
    return Message("{name} (descending)", {"name": name}) if key.get("dir") == "desc" else name


def _rule(speaker: Speaker, document: str, found: Difference) -> Said | None:
    """What people read when a rule refuses."""
    if not found.after or not found.before:
        return None
    thing = speaker.subject(document, found.path[:-1], called=found.before)
    return What.CHANGED, Message("{thing} says now: {text}", {"thing": thing, "text": quoted(str(found.after))})


_SAYERS: dict[str, Sayer] = {
    **dict.fromkeys(_SWITCHES, _switch),
    **dict.fromkeys(_LIMITS, _limit),
    **{f"Item.{name}": _condition for name in _CONDITIONS},
    "Section.visible": _condition,
    "label": _label,
    "FieldType.hidden": _hidden,
    "FieldType.type": _type,
    "_Computed.returns": _type,
    **{f"EntityRights.{action}": rights.grant for action in rights.VERBS},
    "EntityRights.create": rights.create,
    "SystemRights.*": rights.system,
    "Sharing.when": sharing.condition,
    "Sharing.to": sharing.grantees,
    "Sharing.grant": sharing.actions,
    "Audience.roles": _audience,
    "MultiLookup.max": general,
    "MultiSelect.max": general,
    "Pack.version": _version,
    "Seed.rows": _rows,
    "Option.replacedBy": _replacement,
    "View.sort": _order,
    "Validation.message": _rule,
}
