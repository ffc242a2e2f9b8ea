"""Translations across layers: a text that a higher layer has put in place of another has not been translated yet."""

from collections.abc import Iterable

from trellis.metadata.documents import Translation
from trellis.metadata.layers.compose import Composition
from trellis.metadata.layers.order import ranks


def texts_in(documents: Iterable[Translation], composition: Composition) -> dict[str, str]:
    """The texts of one language by place: those of higher layers win, and none is about a text of a layer above it."""
    rank = ranks(composition.sources.values())
    return {
        place: text
        for document in sorted(documents, key=lambda each: rank[each.pack])
        for place, text in document.entries.items()
        if rank.get(_layer(place, composition), 0) <= rank[document.pack]
    }


def _layer(place: str, composition: Composition) -> str:
    """The layer of the text at a place; of a document without extensions nothing needs to be looked up."""
    document, _, pointer = place.partition("#")
    if document not in composition.stages:
        return ""
    return composition.origin(document, pointer).layer
