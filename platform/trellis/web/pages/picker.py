"""Choosing the record that a lookup leads to, where there is no script."""

from dataclasses import dataclass
from typing import Any

from litestar import Response

from trellis.engine.query import Choice
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.web.http import Asked, locale_of
from trellis.web.pages.candidates import candidates
from trellis.web.pages.filling import Filling, hidden_inputs
from trellis.web.render.environment import formats_of, page


@dataclass(frozen=True)
class PickerPage:
    """The page to choose a record on, where there is no script."""

    filling: Filling
    key: str
    label: str
    target: Entity
    text: str
    choices: list[Choice]
    hidden: tuple[tuple[str, str], ...]


async def picker_page(request: Asked, context: Context, filling: Filling, spec: FieldType, text: str) -> Response[Any]:
    """The records that a field of the form could lead to, found by a text."""
    choices = await candidates(context, filling.entity, spec, text, filling.values, limit=50)
    target = context.snapshot.localised(locale_of(request, context)).entity(spec.target or "")
    label = formats_of(request, context).words(spec.caption)
    data = PickerPage(filling, spec.key, label, target, text, choices, hidden_inputs(filling))
    return page(request, context, "picker.html", data)
