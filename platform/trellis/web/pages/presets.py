"""Computed defaults on the form of a new record: they follow the inputs until somebody touches them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.services.defaults import Defaults, new_values
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.forms import text_of

PREFIX = "_default-"
"""Hidden inputs of this name and a field's key tell which text the form had put in itself."""

Texts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Presets:
    """Texts and values of the fields that follow the inputs."""

    texts: dict[str, list[str]]
    values: dict[str, Any]


def put_in(context: Context, entity: Entity, texts: Texts) -> dict[str, str]:
    """The texts that stand in the fields with a computed default when nobody has typed yet."""
    return {key: _last(texts[key]) for key in Defaults.of(context, entity).computed & texts.keys()}


async def follow(
    context: Context, entity: Entity, texts: Texts, values: Mapping[str, Any], posted: Texts, formats: LocaleFormats
) -> Presets:
    """What stands now in the fields that were posted as the form had filled them, or were never filled."""
    computed = Defaults.of(context, entity).computed
    untouched = {
        key
        for key in computed & texts.keys()
        if not entity.all_fields[key].multiple and _last(texts[key]) == _last(posted.get(PREFIX + key, ()))
    }
    if not untouched:
        return Presets({}, {})
    given = {key: value for key, value in values.items() if key in texts and key not in untouched}
    fresh = await new_values(context, entity, given)
    found = {key: fresh.get(key) for key in untouched}
    return Presets(
        {key: list(text_of(entity.all_fields[key], value, formats)) or [""] for key, value in found.items()}, found
    )


def _last(texts: Sequence[str]) -> str:
    return texts[-1] if texts else ""
