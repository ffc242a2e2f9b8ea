"""Links in a form to records that the actor may not see, of which a formula could tell."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from trellis.metadata.documents import Entity

Values = Mapping[str, object]


def guesses(
    entity: Entity, typed: Iterable[str], *, values: Values, before: Values, seen: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """The typed fields with a new link to a record that is not among the `seen` ones; saving would refuse it."""
    for key in typed:
        field, value = entity.field(key), values.get(key)
        link = field is not None and field.target is not None and isinstance(value, str)
        if link and value != before.get(key) and value not in seen.get(key, ()):
            yield key
