"""Refusals that say why: which role lets one do what, what decides about this record, and whom to ask."""

from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.messages import Message
from trellis.services.access.advice import Advice, advise
from trellis.services.access.explaining import explain
from trellis.services.access.wording import reason, verdict
from trellis.services.context import Context


async def refusal(
    context: Context, entity: str, record: str | None, action: str, otherwise: Forbidden | None = None
) -> Forbidden:
    """Why the actor may not do something, as an error to raise; `otherwise` where the rules are not what stands in the way."""
    plain = otherwise or Forbidden()
    if context.actor.is_system or not context.access.rights.of(entity).actions:
        return plain
    try:
        proof = await explain(context, context.actor.id, entity, record, action)
    except (NotFound, KeyError):
        return plain
    words = context.snapshot.localised(context.locale)
    why = reason(proof, words)
    if why is None:
        return plain
    message = Message("{message} {reason}", {"message": verdict(proof, words), "reason": why})
    found = Forbidden(message, advice=sentences(await advise(context, proof)))
    found.locale = context.locale
    found.about = (entity, proof.record.id if proof.record else None, action)
    return found


async def advised(context: Context, error: Forbidden, entity: str, record: str, field: str) -> Forbidden:
    """The refusal to show a field of a record, with whom to ask where there is somebody."""
    if context.actor.is_system or not context.access.rights.of(entity).actions:
        return error
    try:
        proof = await explain(context, context.actor.id, entity, record, "read", field)
    except (NotFound, KeyError):
        return error
    found = Forbidden(error.message, advice=sentences(await advise(context, proof)))
    found.locale = context.locale
    return found


def sentences(advice: Advice) -> tuple[Message, ...]:
    """Advice as a few sentences."""
    people = [Message("You can ask {name}, who {how}.", {"name": one.name, "how": one.how}) for one in advice.people]
    return (*advice.needed, *people)
