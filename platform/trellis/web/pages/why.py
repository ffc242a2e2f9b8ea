"""Why oneself may do something with a record, or may not: what the page of a refusal leads to."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from trellis.kernel.errors import NotFound
from trellis.services.access.advice import advise
from trellis.services.access.explaining import explain
from trellis.web.http import Asked, page_context
from trellis.web.links import access_url, list_url, record_url
from trellis.web.render.environment import formats_of, page
from trellis.web.render.proofs import ProofView, proof_view


@dataclass(frozen=True, slots=True)
class WhyPage:
    """What the template shows; `back` is the record, or the list where there is none to go to."""

    proof: ProofView
    title: str
    back: str
    others: str
    """Where those who look after users ask the same about somebody else."""


@get("/why", include_in_schema=False)
async def why_page(request: Asked) -> Response[Any]:
    """Why: `entity`, `action`, and as far as wanted `record` and `field`."""
    context = await page_context(request)
    asked = request.query_params
    entity, action = asked.get("entity", ""), asked.get("action", "read")
    record, field = asked.get("record") or None, asked.get("field") or None
    if entity not in context.snapshot.entities:
        raise NotFound
    found = await explain(context, context.actor.id, entity, record, action, field)
    words = context.snapshot.localised(context.locale)
    view = proof_view(found, await advise(context, found), words, formats_of(request, context))
    back = record_url(entity, found.record.id) if found.record else list_url(entity)
    may_ask = context.access.system("users") and not context.actor.impersonator
    others = access_url(context.actor.id, entity, found.record.id if found.record else "", action) if may_ask else ""
    return page(request, context, "why.html", WhyPage(view, view.record or words.entity(entity).plural, back, others))


HANDLERS: list[Any] = [why_page]
