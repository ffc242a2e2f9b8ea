"""The page on which a drafted role is tried out in somebody's place."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from trellis.kernel.identity import canonical_id
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.roletrial import Trial, try_role
from trellis.web.http import Asked, locale_of
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.onedocument import elsewhere, of_kind

USER = "core.user"
MOST = 8


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What is open of one entity."""

    label: str
    icon: str
    creates: bool
    total: int | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TrialPage:
    """The question, whom it may be about, and the answer."""

    id: str
    label: str
    text: str
    alone: bool
    maybe: tuple[tuple[str, str], ...]
    unknown: bool
    name: str
    roles: tuple[str, ...]
    lines: tuple[TrialLine, ...]


@get("/studio/roles/{role:str}/try", include_in_schema=False)
async def trial_page(request: Asked) -> Response[Any]:
    """What a person could do with a role of the draft: `user` is an id, a name or an email address."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["role"], "role")
    if away := elsewhere(draft, raw["id"]):
        return away
    text = request.query_params.get("user", "").strip()[:200]
    alone = request.query_params.get("roles", "alone") == "alone"
    maybe = await _people(context, text)
    user = maybe[0][0] if len(maybe) == 1 else ""
    trial = await try_role(draft, raw["id"], user, alone=alone) if user else None
    page = _page(request, context, draft, raw["id"], trial, text=text, alone=alone, maybe=() if user else maybe)
    return await studio_page(request, context, "studio/role_trial.html", page, draft=draft)


async def _people(context: Context, text: str) -> tuple[tuple[str, str], ...]:
    """Who may be meant, with names."""
    if known := canonical_id(text):
        return ((known, ""),)
    found = (await queries.choices(context, USER, text, limit=MOST)) if text else []
    return tuple((choice.id, choice.label) for choice in found)


def _page(
    request: Asked,
    context: Context,
    draft: Draft,
    role: str,
    trial: Trial | None,
    *,
    text: str,
    alone: bool,
    maybe: tuple[tuple[str, str], ...],
) -> TrialPage:
    words = draft.merged.snapshot.localised(locale_of(request, context))
    entities = words.entities
    lines = tuple(
        TrialLine(entities[one.entity].plural, entities[one.entity].icon, one.creates, one.total, one.counts)
        for one in (trial.extents if trial else ())
    )
    return TrialPage(
        role, words.roles[role].label, trial.subject.name if trial else text, alone, maybe,
        bool(text) and not trial and not maybe, trial.subject.name if trial else "",
        tuple(words.roles[one].label if one in words.roles else one for one in (trial.roles if trial else ())),
        tuple(sorted(lines, key=lambda line: line.label)),
    )  # fmt: skip


HANDLERS: list[Any] = [trial_page]
