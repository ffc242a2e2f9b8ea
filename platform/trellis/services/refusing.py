"""What people are told who have no right or gave what does not do: in their language, and no more than they may know."""

from dataclasses import replace

from trellis.kernel.errors import FieldError, Forbidden, Invalid
from trellis.kernel.messages import Message
from trellis.services.commands import Outcome
from trellis.services.context import Context


def denied(context: Context, entity_id: str, sentence: str) -> Forbidden:
    """The error with a sentence about `{entity}`; those who know nothing of the entity do not learn its name."""
    if not context.access.rights.of(entity_id).actions:
        return Forbidden()
    words = context.snapshot.localised(context.locale)
    return Forbidden(Message(sentence, {"entity": words.entity(entity_id).plural}))


def in_their_words(context: Context, entity_id: str, error: Invalid) -> Invalid:
    """Errors of fields that name these by their labels in the language of whoever asks."""
    words = context.snapshot.localised(context.locale).entity(entity_id).all_fields
    fields = context.snapshot.entity(entity_id).all_fields
    labels = {field.caption: words[key].caption for key, field in fields.items() if key in words}

    def said(one: FieldError) -> FieldError:
        own, params = one.path.rpartition("/")[2], dict(one.message.params)
        label, several = params.get("label"), params.get("labels")
        if isinstance(label, str):
            same = own in words and fields[own].caption == label
            params["label"] = words[own].caption if same else labels.get(label, label)
        if isinstance(several, str):
            params["labels"] = ", ".join(labels.get(part, part) for part in several.split(", "))
        return replace(one, message=Message(one.message.template, params))

    return Invalid(map(said, error.errors), error.message)


def spoken(context: Context, entity_id: str, outcome: Outcome) -> Outcome:
    """What became of a command, with its errors in these words."""
    if not isinstance(outcome.error, Invalid):
        return outcome
    return replace(outcome, error=in_their_words(context, entity_id, outcome.error))
