"""Everything that differs between two releases, in plain words."""

from collections.abc import Iterator, Mapping

from trellis.engine.renaming import rewrite
from trellis.engine.usage.graph import Usage
from trellis.engine.wording.differences import Difference, Reordered, differences
from trellis.engine.wording.elements import Said, element, moved, whole
from trellis.engine.wording.members import general, member
from trellis.engine.wording.rights import gathered, level
from trellis.engine.wording.speaker import Speaker
from trellis.engine.wording.worded import What, Worded
from trellis.kernel.messages import Message
from trellis.metadata.documents import KINDS
from trellis.metadata.pointers import parts_of, pointer
from trellis.metadata.snapshot import Raw, Snapshot

AREAS = tuple(KINDS)
"""The kinds of documents in the order in which changes are told."""


def changes(old: Snapshot | None, new: Snapshot, renames: Mapping[str, str], locale: str = "") -> tuple[Worded, ...]:
    """Each difference between the effective documents of two releases as a sentence; empty when they are equal.

    `renames` leads from paths of `old` to paths of `new`; labels are those of a language, else of the documents.
    """
    before = _renamed(old, renames)
    speaker = Speaker(new, old, before, locale, renames)
    found = [*_renames(speaker, renames), *_documents(speaker)]
    order = {area: number for number, area in enumerate(AREAS)}
    return tuple(sorted(found, key=lambda worded: (order.get(worded.area, len(order)), worded.document)))


def _renamed(old: Snapshot | None, renames: Mapping[str, str]) -> Mapping[str, Raw]:
    """The documents before under the names of now, so that only what else changed is left."""
    if old is None:
        return {}
    if not renames:
        return old.raw
    usage = Usage.of(old)
    named = {one.document for path in renames for one in usage.of_target(path)}
    named |= {path.partition("#")[0] for path in renames}
    found: dict[str, Raw] = {}
    for document, raw in old.raw.items():
        (after,) = rewrite((raw,), renames, old) if document in named else (raw,)
        found[after["id"]] = after
    return found


def _renames(speaker: Speaker, renames: Mapping[str, str]) -> Iterator[Worded]:
    for after in renames.values():
        document, _, where = after.partition("#")
        path = tuple(parts_of(where))
        if not speaker.raw(document):
            continue
        params = {"thing": speaker.subject(document, path), "key": path[-1] if path else document}
        message = Message("{thing} has the key “{key}” now and keeps its values.", params)
        yield Worded(What.RENAMED, document, where, message, speaker.kind(document))


def _documents(speaker: Speaker) -> Iterator[Worded]:
    for document in dict.fromkeys((*speaker.new.raw, *speaker.before)):
        before, after = speaker.before.get(document), speaker.new.raw.get(document)
        if before is after:
            continue
        if before is None or after is None:
            yield _worded(speaker, document, "", whole(speaker, document, added=before is None))
        elif before.get("kind") != after.get("kind"):
            yield _worded(speaker, document, "", whole(speaker, document, added=True))
        else:
            yield from _inside(speaker, document, before, after)


def _inside(speaker: Speaker, document: str, before: Raw, after: Raw) -> Iterator[Worded]:
    found = list(differences(before, after, speaker.new.types))
    if after["kind"] == "role":
        found = list(gathered(found, before, after))
    if after["kind"] == "translation":
        found, texts = _without_texts(found)
        yield from _texts(speaker, document, texts)
    retired = _carried(found) if after["kind"] == "form" else {}
    for one in found:
        if isinstance(one, Difference) and one.element and one.path in retired:
            if one.before is not None:
                yield _worded(speaker, document, pointer(retired[one.path]), _carry(speaker, document, one, retired))
            continue
        place = (*one.path, one.moved) if isinstance(one, Reordered) and one.moved else one.path
        yield _worded(speaker, document, pointer(place), _said(speaker, document, one))


def _said(speaker: Speaker, document: str, found: Difference | Reordered) -> Said:
    if isinstance(found, Reordered):
        return moved(speaker, document, found)
    if not found.path:
        return What.CHANGED, Message("{whole} is written in another way.", {"whole": speaker.titled(document)})
    if found.element:
        return element(speaker, document, found) or general(speaker, document, found)
    if found.owner is None and speaker.kind(document) == "role" and len(found.path) == 4:
        return What.CHANGED, level(speaker, document, found)
    return member(speaker, document, found)


def _worded(speaker: Speaker, document: str, where: str, words: Said) -> Worded:
    what, message = words
    return Worded(what, document, where, message, speaker.kind(document))


def _without_texts(
    found: list[Difference | Reordered],
) -> tuple[list[Difference | Reordered], list[Difference]]:
    """Differences of a translation, those of its texts apart."""
    texts = [one for one in found if isinstance(one, Difference) and one.path[:1] == ("entries",)]
    return [one for one in found if one not in texts], texts


def _texts(speaker: Speaker, document: str, texts: list[Difference]) -> Iterator[Worded]:
    """Texts are counted: nobody reads a thousand sentences about translations."""
    locale = speaker.caption(document)
    counts = {
        What.ADDED: [one for one in texts if one.element and one.before is None],
        What.CHANGED: [one for one in texts if not one.element],
        What.REMOVED: [one for one in texts if one.element and one.before is not None],
    }
    sentences = {
        What.ADDED: Message("New texts in the translation {locale}: {count}."),
        What.CHANGED: Message("Changed texts in the translation {locale}: {count}."),
        What.REMOVED: Message("Texts that are no longer in the translation {locale}: {count}."),
    }
    for what, some in counts.items():
        if some:
            message = Message(sentences[what].template, {"count": len(some), "locale": locale})
            yield Worded(what, document, "/entries", message, "translation")


def _carried(found: list[Difference | Reordered]) -> dict[tuple[str | int, ...], tuple[str | int, ...]]:
    """Fields of a form that went from one section and came into another: from where to where, and back."""
    items = [one for one in found if isinstance(one, Difference) and one.element and one.member == "items"]
    came = {one.path[-1]: one.path for one in items if one.before is None}
    pairs = {one.path: came[one.path[-1]] for one in items if one.after is None and one.path[-1] in came}
    return pairs | {after: after for after in pairs.values()}


def _carry(
    speaker: Speaker, document: str, found: Difference, places: Mapping[tuple[str | int, ...], tuple[str | int, ...]]
) -> Said:
    place = places[found.path]
    params = {
        "part": speaker.part(document, place),
        "section": speaker.caption(document, place[:2]),
        "whole": speaker.whole(document),
    }
    return What.MOVED, Message("{part} moved to the section {section} in {whole}.", params)
