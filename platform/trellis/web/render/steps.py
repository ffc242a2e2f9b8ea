"""The parts of an expression with what each gave, as people of a language read them."""

from dataclasses import dataclass

from trellis.services.explanations import Step
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.results import result_text


@dataclass(frozen=True, slots=True)
class StepLine:
    """A part of an expression and what it gave."""

    text: str
    value: str
    used: bool
    failed: bool


def step_line(step: Step, formats: LocaleFormats) -> StepLine:
    """One part; nothing is a dash."""
    return StepLine(step.text.labelled, result_text(step.value, step.type, formats) or "–", step.used, step.failed)
