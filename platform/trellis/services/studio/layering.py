"""Which source document of the customer stands behind an effective document."""

from collections.abc import Iterable, Mapping
from typing import Any

from trellis.kernel.errors import FieldError, Finding, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.layers.compose import Composition
from trellis.metadata.layers.derive import derive, hidden_whole
from trellis.metadata.layers.order import CUSTOMER, layer_of

Raw = Mapping[str, Any]

LEFT_OUT = frozenset({"form", "view", "navigation", "pack"})
"""The kinds of documents of packs that can be hidden as a whole."""


def is_own(document: str) -> bool:
    """Whether a document belongs to the customer as a whole."""
    return layer_of(document) == CUSTOMER


def body_in(composition: Composition, document: str) -> Raw | None:
    """The customer's source for an effective document: the document itself, or the extension of a pack's."""
    return composition.sources.get(document) if is_own(document) else composition.extension(document)


def about(source: Raw) -> str:
    """The effective document that a source of the customer is about."""
    return str(source["target"] if source["kind"] == "extension" else source["id"])


def replaced(composition: Composition, bodies: Mapping[str, Raw | None]) -> tuple[Raw, ...]:
    """All sources, with other ones of the customer for some effective documents; new ones come last."""
    gone = {key: found["id"] for key in bodies if (found := body_in(composition, key)) is not None}
    places = {source: bodies[key] for key, source in gone.items()}
    kept = [places.get(key, raw) for key, raw in composition.sources.items()]
    fresh = [body for key, body in bodies.items() if key not in gone]
    return tuple(raw for raw in (*kept, *fresh) if raw is not None)


def body_for(composition: Composition, wanted: Raw) -> Raw | None:
    """The customer's source that leads to a wanted effective document; raises Invalid for what its pack forbids."""
    document = str(wanted["id"])
    below = None if is_own(document) else composition.below(document)
    if below is None:
        return wanted
    derived = derive(below, wanted, composition.extension(document), version=_version(composition, document))
    if derived.findings:
        raise refused(derived.findings)
    return derived.document


def hiding(composition: Composition, document: str) -> Raw:
    """The extension that hides a whole document of a pack; raises Invalid for a kind that stays."""
    below = composition.below(document)
    if below is None or below["kind"] not in LEFT_OUT or document == "core":
        text = Message("'{document}' belongs to a pack and cannot be removed.", {"document": document})
        raise Invalid([FieldError("", "extension_hide", text)])
    return hidden_whole(below, composition.extension(document), version=_version(composition, document))


def refused(findings: Iterable[Finding]) -> Invalid:
    """Findings about a document as errors; their paths are pointers."""
    return Invalid(FieldError(found.pointer, found.code, _sentence(found)) for found in findings)


def _sentence(found: Finding) -> Message:
    if found.hint is None:
        return found.message
    return Message("{message} {hint}", {"message": found.message, "hint": found.hint})


def _version(composition: Composition, document: str) -> str:
    return str(composition.sources.get(layer_of(document), {}).get("version", ""))
