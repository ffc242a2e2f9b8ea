"""Options under a condition are chosen only where it holds."""

from collections.abc import Sequence

from trellis.engine.known import Known
from trellis.engine.options import OptionRules
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import MultiSelect, Select
from trellis.services.behind import behind
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection


async def check_options(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Refuse options that cannot be chosen: where the choice changes, or something that decides about it."""
    rules = OptionRules.of(context.snapshot, entity)
    judged = {
        key: {draft.id for draft in drafts if draft.whole.get(key) and _touches(draft, {key, *inputs})}
        for key, inputs in rules.inputs.items()
    }
    concerned = [draft for draft in drafts if any(draft.id in found for found in judged.values())]
    if not concerned:
        return
    paths = frozenset().union(*(rules.paths[key] for key, found in judged.items() if found))
    records = [{**draft.whole, "id": draft.id} for draft in concerned]
    linked = await behind(context, connection, entity, records, paths)
    parameters = context.parameters()
    for draft, record, values in zip(concerned, records, linked, strict=True):
        known = Known({**parameters, **record, **values, "record.exists": draft.current is not None})
        for key, found in judged.items():
            chosen = record.get(key)
            wrong = rules.closed(key, known) & ({chosen} if isinstance(chosen, str) else set(chosen or ()))
            if draft.id in found and wrong:
                draft.refuse([_refusal(context, entity, rules, key, wrong)])


def _touches(draft: Draft, keys: set[str]) -> bool:
    return any(map(draft.differs, keys)) if draft.current else True


def _refusal(context: Context, entity: Entity, rules: OptionRules, key: str, wrong: frozenset[str]) -> FieldError:
    fields = context.snapshot.localised(context.locale).entity(entity.id).all_fields
    field = fields[key]
    assert isinstance(field, Select | MultiSelect)
    options = ", ".join(field.option_label(option) for option in field.choices if option in wrong)
    labels = ", ".join(fields[name].caption for name in fields if name in rules.inputs[key])
    said = Message("“{options}” cannot be chosen with this {labels}.", {"options": options, "labels": labels})
    return FieldError(key, "option_closed", said)
