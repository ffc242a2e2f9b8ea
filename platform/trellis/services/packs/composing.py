"""What all documents would be with other packs: installed, upgraded, switched off, switched on again or removed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from trellis.engine.renaming import rewrite
from trellis.engine.usage import Reference, Usage, Use
from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.fingerprints import digest
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.layers.against import made_against
from trellis.metadata.layers.compose import Composition, compose
from trellis.metadata.layers.order import CUSTOMER, layer_of
from trellis.metadata.layers.replacing import Replaced, new_names, own_documents, with_packs
from trellis.metadata.layers.settling import Decision, settle, without
from trellis.metadata.layers.upgrade import UpgradeItem
from trellis.metadata.ledger import Ledger, State
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.packs.former import former_targets
from trellis.services.studio.layering import body_in, hiding, replaced
from trellis.services.studio.usage import used_in
from trellis.storage.ledger import read_ledger

Raw = Mapping[str, Any]
CORE = "core"


@dataclass(frozen=True)
class Wanted:
    """All documents as they would be; `items` is what becomes of each change of the customer on other packs."""

    sources: tuple[Raw, ...]
    intent: Intent = NO_INTENT
    items: tuple[UpgradeItem, ...] = ()


class PackChange(Protocol):
    """Something that is done to packs."""

    async def wanted(self, context: Context) -> Wanted:
        """The documents that it leads to; raises Invalid when it cannot be done."""


@dataclass(frozen=True)
class Installing:
    """Documents of some layers, packs or the customer's, take the place of all that these layers have."""

    documents: tuple[Raw, ...]
    intent: Intent = NO_INTENT

    async def wanted(self, context: Context) -> Wanted:
        """The documents, with what the customer made on top."""
        composition = context.snapshot.composition
        given = known(self.documents, composition)
        layers = {layer_of(raw["id"]) for raw in given}
        _refuse_disabled(composition, layers)
        packs = other_packs(composition, layers) + tuple(raw for raw in given if layer_of(raw["id"]) != CUSTOMER)
        names = new_names(composition, packs)
        imported = tuple(raw for raw in given if layer_of(raw["id"]) == CUSTOMER)
        own = imported if imported else rewrite(own_documents(composition), names, context.snapshot)
        former = await former_targets(context, own)
        made = with_packs(composition, packs, former, own=own, types=context.snapshot.types)
        sources = _as_given(_allowed(made), imported, composition)
        return Wanted(sources, Intent(names).with_decisions(self.intent), made.items)


@dataclass(frozen=True)
class Disabling:
    """A pack is switched off: its documents go, what they kept stays."""

    pack: str

    async def wanted(self, context: Context) -> Wanted:
        """The documents with an extension of the customer that hides the pack."""
        composition = context.snapshot.composition
        find_pack(context.snapshot, self.pack)
        return Wanted(replaced(composition, {self.pack: hiding(composition, self.pack)}))


@dataclass(frozen=True)
class Enabling:
    """A pack that was switched off comes back, with the values that it had."""

    pack: str

    async def wanted(self, context: Context) -> Wanted:
        """The documents without what hides the pack."""
        composition = context.snapshot.composition
        find_pack(context.snapshot, self.pack)
        extension = body_in(composition, self.pack)
        if self.pack not in composition.disabled or extension is None:
            return Wanted(tuple(composition.sources.values()))
        sources = replaced(composition, {self.pack: without(extension, [""])})
        async with context.database.read(context.workspace) as connection:
            ledger = await read_ledger(connection)
        return Wanted(sources, Intent(restores=dict(_put_away(ledger, self.pack))))


@dataclass(frozen=True)
class Uninstalling:
    """A pack goes for good, with what the customer changed in it."""

    pack: str

    async def wanted(self, context: Context) -> Wanted:
        """The documents without those of the pack; raises Invalid with everything that still needs it."""
        find_pack(context.snapshot, self.pack)
        if self.pack == CORE:
            raise Invalid([FieldError("", "pack_needed", Message("Everything builds on the pack 'core'; it stays."))])
        if needed := tuple(needed_by(context, self.pack)):
            text = Message("The pack '{pack}' is still needed.", {"pack": self.pack})
            raise Invalid(needed, text)
        sources = context.snapshot.sources.values()
        left = (_without_pack(raw, self.pack) for raw in sources)
        return Wanted(tuple(raw for raw in left if raw is not None))


def find_pack(snapshot: Snapshot, pack: str) -> Raw:
    """The manifest of an installed pack, switched off or not; raises NotFound."""
    found = snapshot.sources.get(pack)
    if found is None or found["kind"] != "pack":
        raise NotFound()
    return found


def known(documents: Iterable[Raw], composition: Composition) -> tuple[Raw, ...]:
    """Documents, those that are in force already as the very same objects: comparing them costs nothing then."""
    sources = composition.sources
    return tuple(sources[raw["id"]] if sources.get(raw["id"]) == raw else raw for raw in documents)


def other_packs(composition: Composition, layers: Iterable[str]) -> tuple[Raw, ...]:
    """The documents of packs in force, but for some layers."""
    gone = {*layers, CUSTOMER}
    return tuple(raw for key, raw in composition.sources.items() if layer_of(key) not in gone)


def needed_by(context: Context, pack: str) -> Iterable[FieldError]:
    """What keeps a pack from going: packs that require it, and documents of others that name something of it."""
    snapshot = context.snapshot
    for key in requiring(snapshot, pack):
        text = Message("The pack '{pack}' requires it.", {"pack": key})
        yield FieldError(key, "pack_needed", text)
    for reference in _from_elsewhere(snapshot, pack):
        where = used_in(reference, snapshot, context.locale)
        yield FieldError(f"{where.document}#{where.pointer}", "pack_needed", where.label)


def requiring(snapshot: Snapshot, pack: str) -> list[str]:
    """The packs that require a pack, those that are switched off too."""
    packs = (raw for raw in snapshot.sources.values() if raw["kind"] == "pack")
    return sorted(raw["id"] for raw in packs if pack in raw.get("requires", {}))


def _from_elsewhere(snapshot: Snapshot, pack: str) -> Iterable[Reference]:
    """Each place outside of a pack that names something of it; translations go along."""
    seen: dict[tuple[str, str], Reference] = {}
    for one in Usage.of(snapshot).all:
        elsewhere = layer_of(one.document) != pack and layer_of(one.target) == pack
        if elsewhere and one.role is not Use.TRANSLATION and ("." in one.target or one.target == pack):
            seen.setdefault((one.document, one.pointer), one)
    return seen.values()


def _without_pack(raw: Raw, pack: str) -> Raw | None:
    """A document when a pack has gone; None when it goes along."""
    if layer_of(raw["id"]) == pack:
        return None
    if raw["kind"] == "extension" and layer_of(raw["target"]) == pack:
        return None
    if raw["kind"] == "translation" and layer_of(raw["id"]) == CUSTOMER:
        return _without_texts(raw, pack)
    return raw


def _without_texts(raw: Raw, pack: str) -> Raw | None:
    left = {key: text for key, text in raw["entries"].items() if layer_of(key.partition("#")[0]) != pack}
    if len(left) == len(raw["entries"]):
        return raw
    return {**raw, "entries": left} if left else None


def _refuse_disabled(composition: Composition, layers: Iterable[str]) -> None:
    """A pack that is switched off keeps its version until it is on again, so that its values find their places."""
    if off := sorted(composition.disabled.intersection(layers)):
        text = Message("The pack '{pack}' is switched off. Switch it on before you upgrade it.", {"pack": off[0]})
        raise Invalid([FieldError("", "pack_disabled", text)])


def _put_away(ledger: Ledger, pack: str) -> Iterable[tuple[str, int]]:
    """The tables of a pack, and its fields on others' entities, that were retired last and are not there again."""
    retired = [entry for entry in ledger.entries if entry.state is State.RETIRED and entry.retired is not None]
    tables = [entry for entry in retired if entry.path == entry.entity and layer_of(entry.path) == pack]
    last = max((entry.retired or 0 for entry in tables), default=0)
    for entry in retired:
        key = entry.path.partition("#/fields/")[2]
        foreign = layer_of(entry.path) != pack and key.startswith(f"{pack}_")
        if entry.retired == last and (entry in tables or foreign) and entry.path not in ledger.live:
            yield entry.path, entry.uid


def _allowed(made: Replaced) -> tuple[Raw, ...]:
    """The documents without those changes of the customer that the new packs do not allow any more."""
    breaches: dict[str, dict[str, Decision]] = {}
    for item in made.items:
        if item.breach:
            breaches.setdefault(item.extension, {})[item.pointer] = "theirs"
    if not breaches:
        return made.sources
    moved = compose(made.sources)

    def settled(raw: Raw) -> Raw | None:
        version = str(moved.sources.get(layer_of(raw["target"]), {}).get("version", ""))
        return settle(raw, breaches[raw["id"]], made.items, moved.below(raw["target"]), version=version)

    left = (settled(raw) if raw["id"] in breaches else raw for raw in made.sources)
    return tuple(raw for raw in left if raw is not None)


def _as_given(sources: tuple[Raw, ...], imported: Iterable[Raw], composition: Composition) -> tuple[Raw, ...]:
    """Imported documents as they came where nothing had to be changed in them, so that they stay the same everywhere."""
    given = {raw["id"]: raw for raw in imported if _looks_at_now(raw, composition)}
    return tuple(given[raw["id"]] if _differs_by_note(raw, given.get(raw["id"])) else raw for raw in sources)


def _looks_at_now(raw: Raw, composition: Composition) -> bool:
    """Whether an extension was made against what is in force."""
    if raw["kind"] != "extension":
        return True
    below = composition.below(raw["target"])
    return below is not None and made_against(raw).get("hash") in (None, digest(below))


def _differs_by_note(raw: Raw, given: Raw | None) -> bool:
    """Whether a document is the given one but for the note of what it was made against."""

    def plain(document: Raw) -> dict[str, Any]:
        return {name: part for name, part in document.items() if name != "madeAgainst"}

    return given is not None and plain(raw) == plain(given)
