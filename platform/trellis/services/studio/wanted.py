"""Whether what somebody wants a document to be can be kept at all; whether it is sound is for the checks to say."""

from collections.abc import Iterator, Mapping
from typing import Any

from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.kernel.names import DOCUMENT_ID, PACK_ID
from trellis.metadata.documents import KINDS
from trellis.metadata.layers.compose import Composition
from trellis.metadata.layers.order import CUSTOMER, layer_of

Raw = Mapping[str, Any]


def readable(wanted: Raw) -> None:
    """Raises Invalid with all that keeps a document from being one."""
    errors = tuple(_errors(wanted))
    if errors:
        raise Invalid(errors)


def fitting(composition: Composition, wanted: Raw) -> None:
    """A document that is there keeps its kind, a new one is the customer's; raises Invalid and NotFound."""
    known = composition.sources.get(wanted["id"])
    if known is None and layer_of(wanted["id"]) != CUSTOMER:
        raise NotFound()
    if known is not None and known["kind"] != wanted["kind"]:
        raise Invalid([FieldError("/kind", "kind_changed", Message("The kind of a document cannot be changed."))])


def _errors(wanted: Raw) -> Iterator[FieldError]:
    kind, identity = wanted.get("kind"), wanted.get("id")
    if kind not in KINDS:
        yield FieldError("/kind", "kind_unknown", Message("There is no kind '{kind}'.", {"kind": str(kind)[:60]}))
    elif kind == "extension":
        text = Message("Change the document itself, not its extension.")
        yield FieldError("/kind", "kind_extension", text)
    shape = PACK_ID if kind == "pack" and identity != CUSTOMER else DOCUMENT_ID
    if not isinstance(identity, str) or not shape.match(identity):
        text = Message("'{id}' cannot be an id: write it like 'x.project'.", {"id": str(identity)[:60]})
        yield FieldError("/id", "id_shape", text)
