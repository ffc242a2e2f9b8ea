"""Proofs in sentences: the verdict, what the nearest rule says, what is missing."""

from collections.abc import Iterable, Mapping

from trellis.engine.wording.rights import SYSTEM_VERBS, VERBS
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.metadata.snapshot import Snapshot
from trellis.services.access.proofs import ActionProof, FieldProof, Obstacle, Proof, RuleProof

YOU = Message("you")
YOURS: Mapping[str, Message] = {
    "own": Message("your own ones"),
    "team": Message("those of your team"),
    "teamTree": Message("those of your team and the teams below it"),
    "subordinates": Message("those of people who report to you"),
    "shared": Message("those shared with you"),
    "all": Message("all"),
}
THEIRS: Mapping[str, Message] = {
    "own": Message("own ones"),
    "team": Message("those of the own team"),
    "teamTree": Message("those of the own team and the teams below it"),
    "subordinates": Message("those of people who report to them"),
    "shared": Message("those shared with them"),
    "all": Message("all"),
}
LEVELS: Mapping[Level, Message] = {
    Level.NONE: Message("hidden"),
    Level.MASKED: Message("masked"),
    Level.READ: Message("read"),
    Level.CREATE: Message("write when new"),
    Level.EDIT: Message("write"),
}


def level_words(level: Level, *, reveal: bool = False) -> Message:
    """A level, and whether what is masked may be shown."""
    if reveal and level is Level.MASKED:
        return Message("{level}, may be shown, which is recorded", {"level": LEVELS[level]})
    return LEVELS[level]


def verdict(proof: Proof, words: Snapshot) -> Message:
    """The answer in one sentence."""
    name = {"person": proof.subject.name}
    if not proof.entity:
        deed = {"deed": right_verb(proof.action)}
    elif proof.field is not None:
        of = "the field {field} of this {entity}" if proof.record else "the field {field} of {entities}"
        deed = {"deed": _deed(proof.action, of, proof, words, field=proof.field.label)}
    elif proof.record is not None or proof.obstacle is Obstacle.NO_RECORD:
        deed = {"deed": _deed(proof.action, "this {entity}", proof, words)}
    else:
        deed = {"deed": _deed(proof.action, "{entities}", proof, words)}
    if proof.subject.oneself:
        return Message("You may {deed}." if proof.allowed else "You may not {deed}.", deed)
    return Message("{person} may {deed}." if proof.allowed else "{person} may not {deed}.", {**deed, **name})


def right_verb(right: str) -> Message:
    """What one does by a system right."""
    return SYSTEM_VERBS.get("bulkUpdate" if right == "bulk_update" else right) or Message("{name}", {"name": right})


def _deed(action: str, what: str, proof: Proof, words: Snapshot, **more: object) -> Message:
    entity = words.entity(proof.entity)
    thing = Message(what, {"entity": entity.label, "entities": entity.plural, **more})
    return Message("{verb} {what}", {"verb": VERBS[action], "what": thing})


def reason(proof: Proof, words: Snapshot) -> Message | None:
    """Why not, in one or two sentences; None where it is allowed."""
    if proof.allowed:
        return None
    if proof.obstacle is Obstacle.IN_BIN:
        return Message("It is in the bin.")
    if proof.obstacle is Obstacle.NO_RECORD:
        return Message("There is no such record, or you may not see it.")
    failing = next((one for one in proof.actions if not one.allowed), None)
    if failing is not None:
        return _of_action(proof, failing, words)
    return _of_field(proof.field, oneself=proof.subject.oneself) if proof.field and not proof.field.enough else None


def _of_action(proof: Proof, failing: ActionProof, words: Snapshot) -> Message:
    entities = words.entity(proof.entity).plural
    deed = Message("{verb} {what}", {"verb": VERBS[failing.action], "what": entities})
    near = nearest(failing.rules)
    if near is None:
        text = (
            "None of your roles lets you {deed}." if proof.subject.oneself else "No role of {person} allows to {deed}."
        )
        return Message(text, {"deed": deed, "person": proof.subject.name})
    scopes = YOURS if proof.subject.oneself else THEIRS
    same = dict.fromkeys(rule.scope for rule in failing.rules if rule.role.id == near.role.id)
    which = {"role": near.role.label, "deed": deed, "which": either(scopes[scope] for scope in same)}
    text = "Your role {role} lets you {deed}: only {which}." if proof.subject.oneself else (
        "The role {role} allows to {deed}: only {which}."
    )  # fmt: skip
    return Message("{rule} {fact}", {"rule": Message(text, which), "fact": _decisive(near)}) if _decisive(near) else (
        Message(text, which)
    )  # fmt: skip


def nearest(rules: Iterable[RuleProof]) -> RuleProof | None:
    """The rule of which least is missing: first one whose condition alone does not hold."""
    return min(rules, key=_distance, default=None)


def _distance(rule: RuleProof) -> tuple[int, int]:
    order = ("own", "team", "teamTree", "subordinates", "shared", "all")
    return (0 if rule.within else 1, order.index(rule.scope))


def _decisive(rule: RuleProof) -> Message | None:
    """The fact for which the nearest rule does not hold."""
    if rule.within and rule.where is not None and rule.where.holds is False:
        if rule.where.text is None:
            return Message("A condition on it does not hold.")
        return Message("This does not hold: {condition}.", {"condition": rule.where.text.labelled})
    return rule.facts[0] if rule.facts and not rule.within else None


def _of_field(field: FieldProof, *, oneself: bool) -> Message:
    level = {"field": field.label, "level": LEVELS[field.level], "needed": LEVELS[field.needed]}
    roles = either(Message("{label}", {"label": proof.role.label}) for proof in field.roles)
    text = (
        "The field {field} is open to you as far as “{level}” ({roles}); this needs “{needed}”."
        if oneself
        else "The field {field} is open as far as “{level}” ({roles}); this needs “{needed}”."
    )
    said = Message(text, {**level, "roles": roles})
    if not field.reveal:
        return said
    return Message("{said} Its value can be shown on the page of a record, which is recorded.", {"said": said})


def either(pieces: Iterable[Message]) -> Message:
    """Several phrases as a choice."""
    first, *rest = tuple(pieces) or (Message("nothing"),)
    for piece in rest:
        first = Message("{first} or {second}", {"first": first, "second": piece})
    return first


def needed_of(field: FieldProof) -> Message | None:
    """What would have to hold on the record for a field to be open far enough."""
    raised = [one for one in field.roles if one.upgrade is not None and one.upgrade >= field.needed]
    texts = (one.where.text for one in raised if one.where is not None and one.where.holds is False)
    text = next((text for text in texts if text is not None), None)
    if text is None:
        return None
    return Message("It would be allowed if this held: {condition}", {"condition": text.labelled})


def needed(rule: RuleProof, person: object) -> Message | None:
    """What would have to change for a rule to hold."""
    if rule.within:
        if rule.where is None or rule.where.text is None:
            return None
        return Message("It would be allowed if this held: {condition}", {"condition": rule.where.text.labelled})
    who = {"person": person}
    match rule.scope:
        case "own":
            return Message("It would be allowed if it belonged to {person}.", who)
        case "team":
            return Message("It would be allowed if it were a record of the same team.")
        case "teamTree":
            return Message("It would be allowed if it were a record of the same team or one below it.")
        case "subordinates":
            return Message("It would be allowed if its owner reported to {person}.", who)
        case "shared" if rule.sharing is None:
            return Message("It would be allowed if it were shared with {person}.", who)
    return None
