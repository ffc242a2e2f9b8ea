"""What would be needed for what is refused, and whom to ask for it, named only as far as the asker may see people."""

from dataclasses import dataclass

from trellis.engine.access.inheritance import giving
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.access.explaining import Asked, Case, subject_of
from trellis.services.access.looking import USER, look, names
from trellis.services.access.proofs import Proof
from trellis.services.access.wording import YOU, nearest, needed, needed_of
from trellis.services.context import Context
from trellis.storage.explaining_access import users_with

MOST = 3
"""How many administrators are named."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who could help, and how."""

    id: str
    name: str
    how: Message


@dataclass(frozen=True, slots=True)
class Advice:
    """What would have to be otherwise, and who could see to it."""

    needed: tuple[Message, ...] = ()
    people: tuple[Person, ...] = ()


async def advise(context: Context, proof: Proof) -> Advice:
    """Advice on a refusal, for whoever asked for the proof; nothing where it is allowed."""
    if proof.allowed:
        return Advice()
    subject = await subject_of(context, proof.subject.id)
    person = YOU if proof.subject.oneself else proof.subject.name
    failing = next((one for one in proof.actions if not one.allowed), None)
    near = nearest(failing.rules) if failing and proof.record and proof.obstacle is None else None
    wanted = needed(near, person) if near else None
    if failing is None and proof.field is not None and not proof.field.enough:
        wanted = needed_of(proof.field)
    people = [
        *await _owner(context, subject, proof),
        *await _manager(context, subject),
        *await _administrators(context),
    ]
    unique = {one.id: one for one in reversed(people) if one.id != subject.shown.id}
    return Advice((wanted,) if wanted else (), tuple(one for one in people if unique.get(one.id) is one))


async def _owner(context: Context, subject: Asked, proof: Proof) -> list[Person]:
    """The owner, if he may do something about it himself."""
    if proof.record is None or proof.obstacle is not None or proof.action == "create":
        return []
    looked = await look(context, proof.entity, proof.record.id)
    if looked is None or not looked.owner or not looked.owner_name or looked.owner == subject.shown.id:
        return []
    scopes = {rule.scope for one in proof.actions if not one.allowed for rule in one.rules}
    person = {"person": YOU if proof.subject.oneself else proof.subject.name}
    if "shared" in scopes and await _may(context, looked.owner, looked.ways.about, looked.whole, "share"):
        return [Person(looked.owner, looked.owner_name, Message("owns it, and may share it with {person}", person))]
    if scopes & {"own", "team"} and await _may(context, looked.owner, looked.ways.about, looked.whole, "assign"):
        return [Person(looked.owner, looked.owner_name, Message("owns it, and may give it to {person}", person))]
    return []


async def _may(context: Context, user: str, entity: str, record: str, action: str) -> bool:
    """Whether somebody may do something with a record that the asker sees; nothing else is told of it."""
    if not record:
        return False
    try:
        owner = await subject_of(context.as_system(), user)
    except (NotFound, Forbidden):
        return False
    return (await Case(context.as_system(), owner, entity, action, None).with_record(record)).allowed


async def _manager(context: Context, subject: Asked) -> list[Person]:
    try:
        found = await queries.get_record(context, USER, subject.shown.id, ("manager",))
    except (NotFound, Forbidden):
        return []
    manager, label = found.values.get("manager"), found.labels.get("manager")
    if not manager or not label:
        return []
    text = "is your manager" if subject.shown.oneself else "is the manager of {person}"
    return [Person(str(manager), str(label), Message(text, {"person": subject.shown.name}))]


async def _administrators(context: Context) -> list[Person]:
    """Some of those who look after users."""
    async with context.database.read(context.workspace) as connection:
        ids = await users_with(connection, giving(context.snapshot, "users"))
    known = await names(context, USER, ids[:50], only="active == true")
    return [Person(one, known[one], Message("looks after users and roles")) for one in ids if one in known][:MOST]
