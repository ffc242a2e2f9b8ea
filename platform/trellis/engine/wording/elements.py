"""Elements that came, went or moved, in sentences."""

from collections.abc import Callable, Mapping

from trellis.engine.captions import Caption
from trellis.engine.wording import rights, sharing
from trellis.engine.wording.differences import Difference, Path, Reordered
from trellis.engine.wording.speaker import Speaker, listed
from trellis.engine.wording.values import excerpt
from trellis.engine.wording.worded import What
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import fieldtypes

Said = tuple[What, Message]
_Sayer = Callable[[Speaker, str, Difference], Message]

_NEW = {
    "fields": Message("{label} is a new field on {whole} ({type})."),
    "options": Message("{label} is a new option of {owner}."),
    "sections": Message("Section {label} is new in {whole}."),
    "items": Message("{label} is new in {owner}."),
    "columns": Message("Column {label} is new in {owner}."),
    "badges": Message("Badge {label} is new in {whole}."),
    "quickFilters": Message("Quick filter {label} is new in {whole}."),
    "validations": Message("{whole} has a new rule: {label}"),
    "duplicates": Message("{whole} has a new rule for duplicates: {label}"),
    "indexes": Message("{whole} has a new index: {label}."),
    "entries": Message("Entry {label} is new in {whole}."),
}
_GONE = {
    "fields": Message("{label} is no longer a field on {whole}; its values are kept."),
    "options": Message("{label} is no longer an option of {owner}."),
    "sections": Message("Section {label} is no longer in {whole}."),
    "items": Message("{label} is no longer in {owner}."),
    "columns": Message("Column {label} is no longer in {owner}."),
    "badges": Message("Badge {label} is no longer in {whole}."),
    "quickFilters": Message("Quick filter {label} is no longer in {whole}."),
    "validations": Message("{whole} no longer has the rule: {label}"),
    "duplicates": Message("{whole} no longer has the rule for duplicates: {label}"),
    "indexes": Message("{whole} no longer has the index: {label}."),
    "entries": Message("Entry {label} is no longer in {whole}."),
}


def element(speaker: Speaker, document: str, found: Difference) -> Said | None:
    """An element that came or went; None for maps whose elements have no names of their own."""
    kind, container = speaker.kind(document), found.member
    if kind == "role":
        return rights.element(speaker, document, found)
    if kind == "navigation" and container in ("items", "children"):
        container = "entries"
    what, sentences = (What.ADDED, _NEW) if found.before is None else (What.REMOVED, _GONE)
    if container == "columns" and kind == "view":
        owner = speaker.whole(document)
    else:
        owner = speaker.thing(document, found.path[:-2])
    sentence = sentences.get(container)
    if sentence is None:
        return None
    params: dict[str, object] = {
        "label": speaker.caption(document, found.path),
        "whole": speaker.whole(document),
        "owner": owner,
    }
    if container == "fields" and what is What.ADDED:
        params["type"] = type_name(found.after.get("type") if isinstance(found.after, Mapping) else None)
    if what is What.REMOVED and speaker.is_hidden(document, found.path):
        return What.HIDDEN, Message("{thing} is hidden now.", {"thing": speaker.subject(document, found.path)})
    return what, Message(sentence.template, params)


def moved(speaker: Speaker, document: str, found: Reordered) -> Said:
    """An element that stands elsewhere, or numbers that changed without a move."""
    thing = speaker.thing(document, found.path)
    if found.moved is None:
        return What.CHANGED, Message(
            "The numbers for the order in {thing} changed, the order did not.", {"thing": thing}
        )
    place: Path = (*found.path, found.moved)
    params: dict[str, object] = {"part": speaker.part(document, place), "thing": thing}
    if found.following is None:
        return What.MOVED, Message("{part} moved to the end in {thing}.", params)
    following = speaker.caption(document, (*found.path, found.following))
    return What.MOVED, Message("{part} moved before {following} in {thing}.", {**params, "following": following})


def whole(speaker: Speaker, document: str, *, added: bool) -> Said:
    """A document that came or went."""
    raw = speaker.raw(document)
    params = {"whole": speaker.titled(document)}
    if raw.get("kind") == "translation" and added:
        params["count"] = len(raw.get("entries") or ())  # type: ignore[assignment]
        return What.ADDED, Message("{whole} is new, with {count} texts.", params)
    if raw.get("kind") == "entity":
        fields = [speaker.caption(document, ("fields", key)) for key in raw.get("fields") or ()]
        few = listed(fields[:5])
        params |= {"fields": few, "more": len(fields) - 5}  # type: ignore[dict-item]
        if added and len(fields) > 5:
            return What.ADDED, Message("{whole} is a new entity with the fields {fields} and {more} more.", params)
        if added:
            return What.ADDED, Message("{whole} is a new entity with the fields {fields}.", params)
        return What.REMOVED, Message("{whole} is no longer an entity; its records are kept.", params)
    if raw.get("kind") == "sharing" and added:
        return sharing.came(speaker, document)
    if not added and speaker.is_hidden(document, ()):
        return What.HIDDEN, Message("{whole} is hidden now.", params)
    sentence = Message("{whole} is new.", params) if added else Message("{whole} is no longer there.", params)
    return (What.ADDED if added else What.REMOVED), sentence


def type_name(name: object) -> Caption:
    """What people call the type of a field, or of what a computed one gives."""
    word = str(name).partition(":")[0]
    cls = fieldtypes.get(word)
    return Message(cls.title) if cls is not None and cls.title else word


def quoted(text: str) -> Message:
    """A text in quotes."""
    return Message("“{text}”", {"text": excerpt(text)})
