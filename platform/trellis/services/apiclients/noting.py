"""What programs use, noted in passing: no request waits for it or writes anything; what is new waits in memory."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from weakref import WeakKeyDictionary

from trellis.engine.expr.nodes import Expression
from trellis.engine.query import Query
from trellis.engine.usage.expressions import walk_path
from trellis.metadata.snapshot import Snapshot
from trellis.services.commands import Command, Outcome
from trellis.services.context import Context, Home
from trellis.storage.reading import Shape, row_condition
from trellis.storage.tokenuses import ALL, WHOLE, TokenUse

MOST_KNOWN = 5_000
"""How many forms of requests, and how many uses, a process remembers of a day."""
MOST_WAITING = 5_000
"""How many new uses wait for being kept; while there is no room, nothing is noted."""
LOOK_EVERY = timedelta(minutes=1)

Used = tuple[str, str, bool]
"""An entity, the key of a field (or ALL, or WHOLE), and whether it was written."""


@dataclass(eq=False)
class Notes:
    """What is known of today in a workspace; `waiting` gives the release under whose names a use was noted."""

    day: date = date.min
    look_at: datetime | None = None
    requests: set[Hashable] = field(default_factory=set)
    uses: set[TokenUse] = field(default_factory=set)
    waiting: dict[TokenUse, int] = field(default_factory=dict)

    def at(self, context: Context) -> "Notes":
        """These notes for today: a new day begins with none, but keeps what waits."""
        now = context.clock.now()
        if self.look_at is None or now >= self.look_at:
            self.look_at, today = now + LOOK_EVERY, context.today()
            if today != self.day:
                self.day = today
                self.requests.clear()
                self.uses.clear()
        return self

    def add(self, token: str, release: int, found: Iterable[Used]) -> None:
        """Hand on what is new today."""
        if len(self.uses) > MOST_KNOWN:
            self.uses.clear()
        for entity, key, wrote in found:
            use = TokenUse(token, entity, key, wrote, self.day)
            if use not in self.uses:
                self.uses.add(use)
                self.waiting[use] = release


_notes: WeakKeyDictionary[Home, Notes] = WeakKeyDictionary()


def notes_of(home: Home) -> Notes:
    """The notes of a workspace in this process."""
    return _notes.setdefault(home, Notes())


def note(context: Context, form: Hashable, found: Callable[[], Iterable[Used]]) -> None:
    """Note what a program used; `found` is asked once a day for all of its requests of the same form."""
    if not context.client:
        return
    notes = notes_of(context.home).at(context)
    release = context.release.number
    request = (context.client, release, form)
    if request in notes.requests or len(notes.waiting) >= MOST_WAITING:
        return
    if len(notes.requests) >= MOST_KNOWN:
        notes.requests.clear()
    notes.requests.add(request)
    notes.add(context.client, release, found())


def note_list(context: Context, shape: Shape, form: str | None, *, everything: bool) -> None:
    """A program has read a list; `form` is that of its filter, whatever the constants in it are."""
    asked = shape.query
    note(context, (asked, form, everything), lambda: _of_query(context, asked, shape.condition, everything=everything))


def note_record(context: Context, entity: str, fields: Sequence[str] | None) -> None:
    """A program has read one record, with the fields that it named or all."""

    def used() -> Iterator[Used]:
        return _read(context.snapshot, entity, fields or (), everything=fields is None)

    note(context, (entity, fields), used)


def note_export(context: Context, query: Query, *, everything: bool) -> None:
    """A program has been given a file."""
    if context.client:
        rows = row_condition(context.tables, query)
        used = tuple(_of_query(context, query, rows, everything=everything))
        note(context, ("export", used), lambda: used)


def note_write(context: Context, entity: str, commands: Sequence[Command], outcomes: Sequence[Outcome]) -> None:
    """A program has written the fields that its commands name, as far as they were carried out."""
    if context.client:
        done = (command for command, outcome in zip(commands, outcomes, strict=True) if outcome.error is None)
        keys = frozenset(key for command in done for key in getattr(command, "values", ()))
        if keys or any(outcome.error is None for outcome in outcomes):
            note(context, ("write", entity, keys), lambda: _written(entity, keys))


def _of_query(context: Context, query: Query, rows: Expression | None, *, everything: bool) -> Iterator[Used]:
    named = () if everything else query.fields
    filtered = [path.key.removeprefix("record.") for path in rows.paths] if rows else []
    paths = (*named, *filtered, *(key.path for key in query.sort))
    return _read(context.snapshot, query.entity, paths, everything=everything)


def _read(snapshot: Snapshot, entity: str, paths: Iterable[str], *, everything: bool) -> Iterator[Used]:
    """What somebody uses who reads paths of an entity, or everything that he may see; each field on the way counts."""
    yield entity, WHOLE, False
    if everything:
        yield entity, ALL, False
    for path in paths:
        for (owner, key), known in walk_path(path.split("."), entity, snapshot):
            if known is not None:
                yield owner, WHOLE, False
                yield owner, key, False


def _written(entity: str, keys: Iterable[str]) -> Iterator[Used]:
    """What somebody uses who writes fields; without any he deleted or restored a record."""
    yield entity, WHOLE, True
    for key in keys:
        yield entity, key, True
