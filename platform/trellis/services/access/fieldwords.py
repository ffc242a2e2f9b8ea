"""Why a field may not be written, for those who may know that it is there."""

from dataclasses import replace

from trellis.engine.access import NEVER_WRITABLE
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.services.access.wording import LEVELS, either
from trellis.services.context import Context
from trellis.services.sight import wording


def with_reasons(context: Context, entity_id: str, error: Invalid) -> Invalid:
    """The errors of some values, those of fields that may not be written with the reason."""
    return Invalid([_with_reason(context, entity_id, one) for one in error.errors], error.message)


def _with_reason(context: Context, entity_id: str, error: FieldError) -> FieldError:
    """The error with the role that opens the field, and how far; as it is where rights are not the reason."""
    entity = context.snapshot.localised(context.locale).entity(entity_id)
    field, opened = entity.field(error.path), context.access.field(entity_id, error.path)
    decided = field is not None and field.writable and not field.system and error.path not in NEVER_WRITABLE
    if error.code != "not_writable" or field is None or not decided or opened.highest < Level.MASKED:
        return error
    raised = [upgrade for upgrade in opened.upgrades if upgrade.level >= Level.EDIT]
    if raised and all(
        context.access.highest(path.entity, path.field) >= Level.MASKED for path in raised[0].condition.paths
    ):
        condition = wording(context.snapshot.localised(context.locale), raised[0].condition).labelled
        text = "{field} of this record cannot be changed: that is open to you only where this holds: {condition}"
        return replace(error, message=Message(text, {"field": field.caption, "condition": condition}))
    if raised:
        return error
    roles = context.snapshot.localised(context.locale).roles
    names = [Message("{label}", {"label": roles[role].label}) for role in opened.roles if role in roles]
    params = {"field": field.caption, "level": LEVELS[opened.level]}
    if not names:
        return replace(error, message=Message("{field} is open to you as far as “{level}” only.", params))
    text = "Your role {role} opens {field} as far as “{level}” only."
    return replace(error, message=Message(text, {**params, "role": either(names)}))
