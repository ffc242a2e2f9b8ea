"""Which programs would notice a change: who read or wrote a field over the API, and when last, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from trellis.engine.access import access_of
from trellis.engine.captions import Caption, Captions
from trellis.engine.wording import What
from trellis.engine.wording.impact import concerned
from trellis.kernel.actor import Actor
from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.metadata.identity import renamed_path
from trellis.metadata.intent import Intent
from trellis.metadata.snapshot import Snapshot
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.publishing import Planned
from trellis.services.studio.drafts import Draft
from trellis.storage import people
from trellis.storage.tokens import kept_roles
from trellis.storage.tokenuses import ALL, WHOLE, UsedBy, uses_of

_READ = Message("{client} read “{thing}” last on {day}.")
_READ_ALL = Message("{client} read “{thing}” with all fields last on {day}.")
_WROTE = Message("{client} wrote “{thing}” last on {wrote}.")
_BOTH = Message("{client} read “{thing}” last on {day}, and wrote it last on {wrote}.")
_BOTH_ALL = Message("{client} read “{thing}” with all fields last on {day}, and wrote it last on {wrote}.")
_NAMED = Message("API client {client}")
_OWNED = Message("API client {client} ({owner})")
_CONSEQUENCES = {
    What.REMOVED: Message("The API no longer has it after this."),
    What.HIDDEN: Message("The API still has it for requests that name it."),
    What.RENAMED: Message("The API knows it only as “{key}” after this."),
    What.RETYPED: Message("The API gives and takes values of another type after this."),
}
PEOPLE = "core.user"


@dataclass(frozen=True, slots=True)
class Client:
    """A program by its token; `owner` is whose it is, empty for who may not see that user."""

    token: str
    name: str
    owner: str = ""

    @property
    def label(self) -> Message:
        """What it is called."""
        if self.owner:
            return Message(_OWNED.template, {"client": self.name, "owner": self.owner})
        return Message(_NAMED.template, {"client": self.name})


@dataclass(frozen=True, slots=True)
class ClientUse:
    """The last days on which a program read and wrote a field or an entity; `read_all` is when it named no fields.

    `because` says what becomes of the thing, if anything, and `key` how it is called then.
    """

    client: Client
    of: str
    thing: Caption
    read: date | None = None
    read_all: date | None = None
    wrote: date | None = None
    because: What | None = None
    key: str = ""

    @property
    def last(self) -> date:
        """The last day of all."""
        return max(day or date.min for day in (self.read, self.read_all, self.wrote))

    @property
    def messages(self) -> tuple[Message, ...]:
        """That in sentences: what it did, and what the change means for it."""
        by_name = self.read is not None and (self.read_all is None or self.read >= self.read_all)
        day, alone, both = (self.read, _READ, _BOTH) if by_name else (self.read_all, _READ_ALL, _BOTH_ALL)
        text = _WROTE if day is None else alone if self.wrote is None else both
        what = {"client": self.client.label, "thing": self.thing, "day": day, "wrote": self.wrote}
        said = Message(text.template, what)
        if self.because not in _CONSEQUENCES:
            return (said,)
        return said, Message(_CONSEQUENCES[self.because].template, {"key": self.key})

    @property
    def anonymous(self) -> "ClientUse":
        """The same without whose program it is."""
        return replace(self, client=replace(self.client, owner=""))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A thing that is asked about, by its path in the release in force."""

    path: str
    thing: Caption
    because: What | None = None
    key: str = ""

    @property
    def entity(self) -> str:
        return self.path.partition("#")[0]

    @property
    def field(self) -> str:
        return self.path.partition("#/fields/")[2]


async def concerned_clients(context: Context, planned: Planned) -> tuple[ClientUse, ...]:
    """The programs that use what a plan removes, hides, renames or gives another type; no statement where it does not."""
    old = planned.old
    if old is None:
        return ()
    renames = planned.plan.intent.renames
    captions = Captions.of(old, context.locale)
    asked = [
        _Asked(path, captions.at(path), because, renames.get(path, path).rpartition("/")[2])
        for path, because in concerned(old, planned.snapshot, renames).items()
        if _is_data(old, path)
    ]
    return await _found(context, asked)


async def clients_of(seen: Context | Draft, path: str) -> tuple[ClientUse, ...]:
    """The programs that use an entity or a field, in force or in a draft where it may have a new name; raises Forbidden."""
    context = seen.context if isinstance(seen, Draft) else seen
    if not context.access.system("designer"):
        raise Forbidden(Message("You may not change definitions."))
    if isinstance(seen, Draft):
        path = renamed_path(path, Intent({new: old for old, new in seen.intent.renames.items()}))
    if not _is_data(context.snapshot, path):
        return ()
    thing = Captions.of(context.snapshot, context.locale).at(path)
    return await _found(context, [_Asked(path, thing)])


async def clients_of_retired(context: Context, things: Mapping[str, Caption]) -> dict[str, tuple[ClientUse, ...]]:
    """The programs that used what was retired, by its path."""
    found: dict[str, tuple[ClientUse, ...]] = {}
    for use in await _found(context, [_Asked(path, thing) for path, thing in things.items()]):
        found[use.of] = (*found.get(use.of, ()), use)
    return found


def _is_data(snapshot: Snapshot, path: str) -> bool:
    """Whether a path is that of an entity or of one of its fields."""
    entity, mark, field = path.partition("#/fields/")
    return entity in snapshot.entities and "/" not in field and bool(field) == bool(mark)


async def _found(context: Context, asked: Iterable[_Asked]) -> tuple[ClientUse, ...]:
    asked = list(asked)
    entities = list(dict.fromkeys(one.entity for one in asked))
    if not entities:
        return ()
    async with context.database.read(context.workspace) as connection:
        used = await uses_of(connection, entities)
        if not used:
            return ()
        owners = sorted({one.user for one in used})
        persons = await people.with_ids(connection, context.release.statements, owners)
    roles = {user: person.roles for user, person in persons.items()}
    names = await _names(context, owners)
    return tuple(use for one in asked for use in _of(context, one, used, roles, names))


def _of(
    context: Context,
    asked: _Asked,
    used: Iterable[UsedBy],
    roles: Mapping[str, frozenset[str]],
    names: Mapping[str, str],
) -> Iterator[ClientUse]:
    """The uses of one thing, what was used last first."""
    days: dict[str, dict[str, date]] = {}
    clients: dict[str, Client] = {}
    for one in used:
        kind = _kind(asked, one)
        if not kind or (kind == "read_all" and not _sees(context, asked, one, roles.get(one.user, frozenset()))):
            continue
        token = one.use.token
        clients[token] = Client(token, one.name, names.get(one.user, ""))
        days.setdefault(token, {})[kind] = one.use.on
    found = [
        ClientUse(
            client, asked.path, asked.thing, days[token].get("read"), days[token].get("read_all"),
            days[token].get("wrote"), asked.because, asked.key,
        )
        for token, client in clients.items()
    ]  # fmt: skip
    yield from sorted(found, key=lambda use: (-use.last.toordinal(), use.client.name))


def _kind(asked: _Asked, one: UsedBy) -> str:
    """What a row says of the thing; nothing for rows about other fields."""
    if one.use.entity != asked.entity:
        return ""
    if one.use.field == asked.field:
        return "wrote" if one.use.wrote else "read"
    return "read_all" if one.use.field == ALL and asked.field != WHOLE else ""


def _sees(context: Context, asked: _Asked, one: UsedBy, given: frozenset[str]) -> bool:
    """Whether the program gets the field at all when it names none."""
    limited_to = kept_roles(one.roles)
    roles = given if limited_to is None else given & limited_to
    entity = context.snapshot.entities.get(asked.entity)
    if entity is None or entity.field(asked.field) is None:
        return True
    return access_of(Actor(one.user, roles=roles), context.snapshot).highest(asked.entity, asked.field) >= Level.MASKED


async def _names(context: Context, users: list[str]) -> dict[str, str]:
    """The names of the users that one may see."""
    if not context.access.allows(PEOPLE, "read"):
        return {}
    found = await queries.choices(context, PEOPLE, ids=users, limit=len(users))
    return {one.id: one.label for one in found}
