"""How checks say what they found."""

from collections.abc import Iterable

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.metadata.documents import Document


def error(
    document: Document, pointer: str, code: str, text: str, /, *, hint: Message | None = None, **params: object
) -> Finding:
    """A defect that keeps a pack from being installed."""
    return Finding(code, Message(text, params), document.id, pointer, hint)


def warning(
    document: Document, pointer: str, code: str, text: str, /, *, hint: Message | None = None, **params: object
) -> Finding:
    """Something that works, but surely was not meant."""
    return Finding(code, Message(text, params), document.id, pointer, hint, severity="warning")


def did_you_mean(name: str, choices: Iterable[str]) -> Message | None:
    """The usual question, when one of the choices is near."""
    near = nearest(name, choices)
    return Message("Did you mean '{name}'?", {"name": near}) if near else None


def near_or_all(name: str, choices: Iterable[str]) -> Message | None:
    """The near choice, or else what there is to choose from."""
    known = list(choices)
    if not known or len(known) > 20:
        return did_you_mean(name, known)
    return did_you_mean(name, known) or Message("There are: {names}.", {"names": ", ".join(known)})
