"""All names in a raw document, effective or source: a walk along the map of `places`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.usage.mentions import Mention, Path, Raw, Use
from trellis.engine.usage.places import KINDS, Branch, Place
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot


def mentions(raw: Raw, snapshot: Snapshot) -> list[Mention]:
    """Every name in a document; what they mean is looked up in `snapshot`."""
    itself = Mention(("id",), raw["id"], Use.ENTITY, defines=True)
    if raw.get("kind") == "extension":
        return [itself, *_of_extension(raw, snapshot)]
    walk = _Walk(snapshot, raw["id"], raw)
    if (tree := KINDS.get(raw["kind"])) is not None:
        walk.below(tree, raw, ())
    if raw["kind"] == "translation":
        return [itself, *walk.found, *_of_translation(raw, snapshot)]
    return [itself, *walk.found]


@dataclass(slots=True)
class _Walk:
    """A way through one document, which collects what it finds.

    `offset` leads from the source in which a value stands to where it takes effect.
    """

    snapshot: Snapshot
    document: str
    raw: Raw
    offset: Path = ()
    found: list[Mention] = field(default_factory=list)

    def below(self, branch: Branch, value: Any, path: Path) -> None:
        """The names in a value that stands at a path."""
        if branch.value is not None:
            for hit in branch.value(self._place(path), value):
                self.found.append(Mention((*self.offset, *path), hit.target, branch.role, hit.span))
        named = branch.key is not None or branch.defines
        for name, member in _members(value):
            below = branch.below(name)
            if named:
                self.key(branch, name, (*path, name))
            if below is not None and not (below.bare and not isinstance(member, Mapping | list | tuple)):
                self.below(below, member, (*path, name))

    def key(self, branch: Branch, name: Any, path: Path) -> None:
        """What the key at the end of a path names."""
        whole = (*self.offset, *path)
        if branch.key is not None:
            for hit in branch.key(self._place(path), name):
                self.found.append(Mention(whole, hit.target, branch.role, hit.span, in_key=True))
        elif branch.defines and isinstance(name, str):
            target = f"{self.document}#/{'/'.join(map(str, path))}"
            self.found.append(Mention(whole, target, branch.role, in_key=True, defines=True))

    def _place(self, path: Path) -> Place:
        return Place(self.snapshot, self.document, self.raw, path)


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _keys(value: Any) -> Iterable[str]:
    return value if isinstance(value, Mapping) else ()


def _of_extension(raw: Raw, snapshot: Snapshot) -> Iterator[Mention]:
    """The names in a change of another document, read as if they stood there."""
    document = str(raw.get("target", ""))
    yield Mention(("target",), document, Use.TARGET)
    effective = _known(snapshot, document)
    tree = KINDS.get(effective["kind"]) if effective is not None else None
    if effective is None or tree is None:
        return
    if isinstance(change := raw.get("change"), Mapping):
        walk = _Walk(snapshot, document, effective, ("change",))
        walk.below(tree, change, ())
        yield from walk.found
    hidden = raw.get("hide")
    for number, text in enumerate(hidden if isinstance(hidden, list | tuple) else ()):
        yield from _in_pointer(str(text), 0, _Walk(snapshot, document, effective), ("hide", number), in_key=False)
    made = raw.get("madeAgainst")
    for text in _keys(made.get("seen")) if isinstance(made, Mapping) else ():
        path = ("madeAgainst", "seen", text)
        yield from _in_pointer(text, 0, _Walk(snapshot, document, effective), path, in_key=True)
    if isinstance(added := raw.get("add"), Mapping):
        for text, content in added.items():
            yield from _in_pointer(text, 0, _Walk(snapshot, document, effective), ("add", text), in_key=True)
            yield from _added(text, content, _Walk(snapshot, document, effective), tree)


def _added(text: str, content: Any, walk: _Walk, tree: Branch) -> Iterator[Mention]:
    """The names in what is added at a pointer; paths lead through the pointer as one key."""
    path = tuple(parts_of(text))
    branch: Branch | None = tree
    for part in path:
        branch = branch.below(part) if branch else None
    if branch is not None:
        walk.below(branch, content, path)
    for mention in walk.found:
        yield mention._replace(path=("add", text, *mention.path[len(path) :]))


def _known(snapshot: Snapshot, document: str) -> Raw | None:
    """A document as it is in effect, or as it would be were it not hidden."""
    return snapshot.raw.get(document) or snapshot.sources.get(document)


def _of_translation(raw: Raw, snapshot: Snapshot) -> Iterator[Mention]:
    """The places that a translation gives words for."""
    for text in _keys(raw.get("entries")):
        document, mark, where = text.partition("#")
        path: Path = ("entries", text)
        yield Mention(path, document, Use.TRANSLATION, (0, len(document)), in_key=True)
        effective = _known(snapshot, document)
        if mark and effective is not None:
            walk = _Walk(snapshot, document, effective)
            yield from _in_pointer(where, len(document) + 1, walk, path, in_key=True)


def _in_pointer(text: str, start: int, walk: _Walk, path: Path, *, in_key: bool) -> Iterator[Mention]:
    """The names that a pointer into a document is made of."""
    branch: Branch | None = KINDS.get(walk.raw["kind"])
    walked: Path = ()
    position = start + 1
    for part in text.split("/")[1:]:
        if branch is None:
            return
        name = part.replace("~1", "/").replace("~0", "~")
        walked = (*walked, name)
        walk.key(branch, name, walked)
        for mention in walk.found:
            first, last = mention.span or (0, len(part))
            yield Mention(path, mention.target, Use.TRANSLATION, (position + first, position + last), in_key)
        walk.found.clear()
        branch = branch.below(name)
        position += len(part) + 1
