"""A plan as people see it: what to fix, what to decide, what may be lost, what takes time, and all that changes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trellis.engine.wording import Worded
from trellis.kernel.errors import Finding, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.identity import Question
from trellis.metadata.plan import RequireValue, Risk
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.studio.planview import PlanView
from trellis.services.studio.steps import Step
from trellis.web.links import list_url
from trellis.web.studio.accessrows import AccessRows, access_rows
from trellis.web.studio.links import editor_url
from trellis.web.studio.upgrade_rows import UpgradeRow

PUBLISH = Message("Publish")


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that has to be mended first."""

    message: Message
    hint: Message | None
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class Required:
    """A field that becomes required while records have no value."""

    step: Step
    url: str
    only_new: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """All changes of one document, in words."""

    label: str
    kind: str
    url: str
    lines: tuple[Message, ...]


@dataclass(frozen=True)
class PlanPage:
    """What the page of a plan shows; `action` is where its form goes, `back` where one came from."""

    view: PlanView
    title: Message
    action: str
    back: str
    defects: tuple[Defect, ...]
    conflicts: tuple[Defect, ...]
    questions: tuple[Question, ...]
    required: tuple[Required, ...]
    blocked: tuple[Step, ...]
    lossy: tuple[Step, ...]
    slow: tuple[Step, ...]
    diverged: tuple[Step, ...]
    changed: tuple[Changed, ...]
    affected: tuple[tuple[str, Message], ...]
    may_publish: bool
    second: bool
    note: str = ""
    problem: TrellisError | None = None
    editable: bool = True
    """Whether questions can be answered here; what an older release says is settled."""
    then: str = ""
    """Where one goes after publishing, instead of to the new release."""
    upgrade: tuple[UpgradeRow, ...] = ()
    """What becomes of each change of the customer on other packs."""
    answers: tuple[tuple[str, str], ...] = ()
    """What was answered already, for a plan that is not of the draft."""
    asks: bool = False
    """Whether its questions are answered in its own address."""
    button: Message = PUBLISH
    notices: tuple[Defect, ...] = ()
    """What is doubtful, and keeps nobody from publishing."""
    access: AccessRows | None = None
    """Who gains and who loses rights."""


def plan_page(
    context: Context, view: PlanView, locale: str, *, title: Message, action: str, back: str, right: str,
    editable: bool = True, note: str = "", problem: TrellisError | None = None,
) -> PlanPage:  # fmt: skip
    """The page of a plan for somebody."""
    new = view.planned.snapshot.localised(locale)
    old = view.planned.old.localised(locale) if view.planned.old else new
    required = tuple(_required(view.steps))
    asked = {id(item.step) for item in required}
    rest = [step for step in view.steps if id(step) not in asked]
    return PlanPage(
        view, title, action, back,
        tuple(_defect(new, finding) for finding in view.errors),
        tuple(_conflict(new, old, document) for document in view.conflicts),
        view.questions, required,
        tuple(step for step in rest if step.risk is Risk.BLOCKED),
        tuple(step for step in rest if step.risk is Risk.LOSSY),
        tuple(step for step in rest if step.risk is Risk.SLOW),
        tuple(step for step in rest if step.diverged),
        tuple(changed_documents(view.words, new, old)),
        tuple(_affected(view, new)),
        context.access.system(right), view.needs_second(context.actor.id), note, problem, editable,
        button=PUBLISH if view.restored is None else Message("Roll back"),
        access=access_rows(view, new, old),
        notices=tuple(_defect(new, found) for found in view.findings if found.severity != "error" and _is_new(view, found)),
    )  # fmt: skip


def _is_new(view: PlanView, finding: Finding) -> bool:
    """Whether a warning is about a document that changes."""
    old, new = view.planned.old, view.planned.snapshot
    return old is None or old.sources.get(finding.document) is not new.sources.get(finding.document)


def _required(steps: Iterable[Step]) -> Iterator[Required]:
    for step in steps:
        if isinstance(step.operation, RequireValue) and step.affected:
            entity, _, pointer = step.at.partition("#")
            key = pointer.rpartition("/")[2]
            yield Required(step, f"{list_url(entity)}?{key}__blank=true", step.operation.only_new)


def _defect(snapshot: Snapshot, finding: Finding) -> Defect:
    raw = snapshot.raw.get(finding.document, {})
    label = str(raw.get("label") or finding.document)
    return Defect(finding.message, finding.hint, f"{label} {finding.pointer}", _url(raw, finding.document))


def _conflict(new: Snapshot, old: Snapshot, document: str) -> Defect:
    raw = new.raw.get(document) or old.raw.get(document, {})
    text = Message("{document} was changed here and published by somebody else meanwhile.", {"document": document})
    return Defect(text, None, document, _url(raw, document))


def _url(raw: Mapping[str, object], document: str) -> str:
    return editor_url(str(raw.get("kind", "")), document)


def changed_documents(words: Iterable[Worded], new: Snapshot, old: Snapshot) -> Iterator[Changed]:
    """Changes in words, put together by the document they are about."""
    found: dict[str, list[Message]] = {}
    for word in words:
        found.setdefault(word.document, []).append(word.message)
    for document, lines in found.items():
        raw = new.raw.get(document) or old.raw.get(document, {})
        known = new.documents.get(document) or old.documents.get(document)
        kind = str(raw.get("kind", ""))
        yield Changed((known.label if known else "") or document, kind, _url(raw, document), tuple(lines))


def _affected(view: PlanView, snapshot: Snapshot) -> Iterator[tuple[str, Message]]:
    """Who else is concerned, as an icon and a sentence."""
    for reference in view.impact.references:
        yield "link", reference.message
    for item in view.recompute:
        fields = [found.caption for key in item.keys if (found := snapshot.entities[item.entity].field(key))]
        names = {"fields": ", ".join(fields), "rows": item.rows, "entity": snapshot.entities[item.entity].plural}
        yield "math-function", Message("{fields} of {rows} {entity} is worked out anew in the background.", names)
