"""All names in a raw document, effective or source: a walk along the map of `places`."""

from collections.abc import Iterator, Mapping
from typing import Any

from trellis.engine.usage.mentions import Mention, Path, Raw, Use
from trellis.engine.usage.places import KINDS, Branch, Place
from trellis.metadata.pointers import parts_of, pointer
from trellis.metadata.snapshot import Snapshot


def mentions(raw: Raw, snapshot: Snapshot) -> Iterator[Mention]:
    """Every name in a document; what they mean is looked up in `snapshot`."""
    if raw.get("kind") == "extension":
        yield from _of_extension(raw, snapshot)
        return
    yield Mention(("id",), raw["id"], Use.ENTITY, defines=True)
    tree = KINDS.get(raw["kind"])
    if tree is not None:
        yield from _below(tree, raw, Place(snapshot, raw["id"], raw, ()), ())
    if raw["kind"] == "translation":
        yield from _of_translation(raw, snapshot)


def _below(branch: Branch, value: Any, place: Place, offset: Path) -> Iterator[Mention]:
    """The names in a value; `offset` is the way from the document in which it stands to where `place` thinks it begins."""
    if branch.value is not None:
        for hit in branch.value(place, value):
            yield Mention((*offset, *place.path), hit.target, branch.role, hit.span)
    if isinstance(value, Mapping):
        members = value.items()
    elif isinstance(value, list | tuple):
        members = enumerate(value)  # type: ignore[assignment]
    else:
        return
    for name, member in members:
        inner = Place(place.snapshot, place.document, place.raw, (*place.path, name))
        yield from _key(branch, name, inner, offset)
        below = branch.below(name)
        if below is not None:
            yield from _below(below, member, inner, offset)


def _key(branch: Branch, name: Any, place: Place, offset: Path) -> Iterator[Mention]:
    if branch.key is not None:
        for hit in branch.key(place, name):
            yield Mention((*offset, *place.path), hit.target, branch.role, hit.span, in_key=True)
    elif branch.defines and isinstance(name, str):
        target = f"{place.document}#{pointer(place.path)}"
        yield Mention((*offset, *place.path), target, branch.role, in_key=True, defines=True)


def _of_extension(raw: Raw, snapshot: Snapshot) -> Iterator[Mention]:
    """The names in a change of another document, read as if they stood there."""
    yield Mention(("id",), raw["id"], Use.ENTITY, defines=True)
    document = str(raw.get("target", ""))
    yield Mention(("target",), document, Use.TARGET)
    effective = snapshot.raw.get(document)
    tree = KINDS.get(effective["kind"]) if effective is not None else None
    if effective is None or tree is None:
        return
    whole = Place(snapshot, document, effective, ())
    if isinstance(change := raw.get("change"), Mapping):
        yield from _below(tree, change, whole, ("change",))
    for number, text in enumerate(raw.get("hide") or ()):
        yield from _in_pointer(str(text), 0, whole, ("hide", number), in_key=False)
    if isinstance(added := raw.get("add"), Mapping):
        for text, content in added.items():
            yield from _in_pointer(text, 0, whole, ("add", text), in_key=True)
            yield from _added(text, content, whole, tree)


def _added(text: str, content: Any, whole: Place, tree: Branch) -> Iterator[Mention]:
    """The names in what is added at a pointer; paths lead through the pointer as one key."""
    path = tuple(parts_of(text))
    branch: Branch | None = tree
    for part in path:
        branch = branch.below(part) if branch else None
    if branch is not None:
        place = Place(whole.snapshot, whole.document, whole.raw, path)
        for mention in _below(branch, content, place, ()):
            yield _moved(mention, ("add", text, *mention.path[len(path) :]))


def _moved(mention: Mention, path: Path) -> Mention:
    return Mention(path, mention.target, mention.role, mention.span, mention.in_key, mention.defines)


def _of_translation(raw: Raw, snapshot: Snapshot) -> Iterator[Mention]:
    """The places that a translation gives words for."""
    for text in raw.get("entries") or ():
        document, mark, where = text.partition("#")
        path: Path = ("entries", text)
        yield Mention(path, document, Use.TRANSLATION, (0, len(document)), in_key=True)
        effective = snapshot.raw.get(document)
        if mark and effective is not None:
            whole = Place(snapshot, document, effective, ())
            yield from _in_pointer(where, len(document) + 1, whole, path, in_key=True)


def _in_pointer(text: str, start: int, whole: Place, path: Path, *, in_key: bool) -> Iterator[Mention]:
    """The names that a pointer into a document is made of."""
    branch: Branch | None = KINDS.get(whole.raw["kind"])
    walked: Path = ()
    position = start + 1
    for part in text.split("/")[1:]:
        if branch is None:
            return
        walked = (*walked, *parts_of("/" + part))
        inner = Place(whole.snapshot, whole.document, whole.raw, walked)
        for mention in _key(branch, walked[-1], inner, ()):
            first, last = mention.span or (0, len(part))
            yield Mention(path, mention.target, Use.TRANSLATION, (position + first, position + last), in_key)
        branch = branch.below(walked[-1])
        position += len(part) + 1
