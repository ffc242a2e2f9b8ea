"""What people are told who have no right: those who know nothing of an entity do not learn its name either."""

from trellis.engine.access import Access
from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.context import Context


def denied(context: Context, entity_id: str, sentence: str) -> Forbidden:
    """The same in the language of whoever asks."""
    return forbidden(context.access, context.snapshot.localised(context.locale).entity(entity_id), sentence)


def forbidden(access: Access, entity: Entity, sentence: str) -> Forbidden:
    """The error with a sentence about `{entity}`, or one that names nothing."""
    if not access.rights.of(entity.id).actions:
        return Forbidden()
    return Forbidden(Message(sentence, {"entity": entity.plural}))
