"""Options of choices, own and shared."""

from collections.abc import Iterator, Mapping

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import reference
from trellis.metadata.documents import Document, Entity, OptionSet
from trellis.metadata.fieldtypes import FieldType, MultiSelect, Option, Select
from trellis.metadata.findings import did_you_mean, error
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer


def option_source(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """A choice has options of its own or an option set, one of the two."""
    for key, field in entity.fields.items():
        if isinstance(field, Select | MultiSelect):
            yield from _source(entity, key, field, merged)


def _source(entity: Entity, key: str, field: Select | MultiSelect, merged: Merged) -> Iterator[Finding]:
    place = ("fields", key)
    removed = any(merged.was_removed(entity.id, pointer((*place, member))) for member in ("options", "optionset"))
    if field.options is not None and field.optionset is not None:
        keep = Message("Keep 'optionset' for a shared list, or 'options' for a list of this field only.")
        text = "A choice has either 'options' or an 'optionset', not both."
        yield error(entity, pointer((*place, "options")), "options_twice", text, hint=keep)
    elif field.optionset is not None:
        yield from reference(entity, pointer((*place, "optionset")), field.optionset, OptionSet, merged)
    elif not field.options and not removed:
        hint = _named_like(field, key, merged)
        text = "A field of type '{type}' needs 'options' or an 'optionset'."
        yield error(entity, pointer(place), "options_missing", text, hint=hint, type=field.type)


def _named_like(field: FieldType, key: str, merged: Merged) -> Message | None:
    fitting = [name for name in merged.of_kind(OptionSet) if name.partition(".")[2] == key]
    return Message("There is an option set '{name}'.", {"name": fitting[0]}) if fitting else None


def own_replacements(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """Replacements inside the options of fields."""
    for key, field in entity.fields.items():
        if isinstance(field, Select | MultiSelect) and field.options:
            yield from _replacements(entity, pointer(("fields", key)), field.options, merged)


def shared_replacements(optionset: OptionSet, merged: Merged) -> Iterator[Finding]:
    """Replacements inside an option set."""
    yield from _replacements(optionset, "", optionset.options, merged)


def has_options(optionset: OptionSet, merged: Merged) -> Iterator[Finding]:
    """An option set offers something."""
    if not optionset.options and not merged.removed.get(optionset.id):
        yield error(optionset, "/options", "options_missing", "The option set has no options.")


def _replacements(document: Document, place: str, options: Mapping[str, Option], merged: Merged) -> Iterator[Finding]:
    """A retired option is replaced by another one of the same list that is still offered."""
    for key, option in options.items():
        where = f"{place}/options{pointer((key, 'replacedBy'))}"
        other = option.replaced_by
        if other is None or merged.was_removed(document.id, f"{place}/options{pointer((other,))}"):
            continue
        if other not in options:
            text = "There is no option '{option}' that could replace '{key}'."
            yield error(
                document, where, "option_unknown", text, hint=did_you_mean(other, options), option=other, key=key
            )
        elif other == key or not options[other].active:
            text = "The option '{option}' cannot replace '{key}', because it is not offered itself."
            yield error(document, where, "replacement_retired", text, option=other, key=key)


CHECKS = {Entity: (option_source, own_replacements), OptionSet: (has_options, shared_replacements)}
