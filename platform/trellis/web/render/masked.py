"""Masked values that may be shown in full, before and after."""

from dataclasses import dataclass

from markupsafe import Markup

from trellis.kernel.messages import Message
from trellis.services.revealing import Revealed
from trellis.web.render.environment import part
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.values import display


@dataclass(frozen=True, slots=True)
class MaskedValue:
    """What the fragment of a masked value shows."""

    html: Markup
    label: str = ""
    reveal: str = ""
    """Where to post to see the value; nothing once it is shown."""
    button: str = ""
    """The field as a button of a form names it, where the value stands in a form."""
    recorded: bool = False
    error: Message | None = None
    advice: tuple[Message, ...] = ()
    """Whom to ask where it is refused."""


def shown_value(found: Revealed, formats: LocaleFormats) -> MaskedValue:
    """A value after it was shown."""
    html = display(found.field, found.value, found.label, formats)
    return MaskedValue(html, formats.words(found.field.caption), recorded=found.recorded)


def in_form(value: MaskedValue, formats: LocaleFormats) -> Markup:
    """The fragment inside the form of a record, which carries the forgery token."""
    return part("parts/masked.html", formats.locale, masked=value)
