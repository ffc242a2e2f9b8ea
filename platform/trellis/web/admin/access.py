"""The page on which those who look after users ask why anybody may do something, or may not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get

from trellis.engine.access import ACTIONS, SYSTEM_RIGHTS
from trellis.engine.query import Choice
from trellis.engine.wording.rights import VERBS
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.services import queries
from trellis.services.access.advice import Advice, advise
from trellis.services.access.explaining import explain, explain_right
from trellis.services.access.proofs import Proof
from trellis.services.access.wording import right_verb
from trellis.services.context import Context
from trellis.web.admin.frame import admin_context, admin_page
from trellis.web.http import Asked
from trellis.web.links import access_url
from trellis.web.render.environment import formats_of
from trellis.web.render.proofs import ProofView, proof_view

USER = "core.user"
RIGHT = "right:"
MOST = 8


@dataclass(frozen=True, slots=True)
class Picked:
    """What a person or record was named by, what was found, and what else it may be."""

    text: str
    id: str = ""
    label: str = ""
    maybe: tuple[tuple[str, str], ...] = ()
    """Names and addresses of this page with each of them."""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class AccessPage:
    """A question and its answer; the answer is missing while the question is not complete."""

    user: Picked
    entity: str
    record: Picked
    action: str
    field: str
    entities: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, Message], ...]
    rights: tuple[tuple[str, Message], ...]
    fields: tuple[tuple[str, str], ...]
    proof: ProofView | None = None


@get("/admin/access", include_in_schema=False)
async def access_page(request: Asked) -> Response[Any]:
    """Why: `user`, `action`, `entity`, and as far as wanted `record` and `field`."""
    context = await admin_context(request)
    asked = {key: request.query_params.get(key, "").strip() for key in ("user", "entity", "record", "action", "field")}
    entity = asked["entity"] if asked["entity"] in dict(_entities(context)) else ""
    action = asked["action"] or "read"
    user = await _picked(context, USER, asked["user"], [entity, asked["record"], action], person=True)
    record = await _picked(context, entity, asked["record"], [user.id, entity, action]) if entity else Picked("")
    field = asked["field"] if entity and asked["field"] in dict(_fields(context, entity)) else ""
    proof = None
    if user.id and not (record.text and not record.id):
        proof = await _proof(context, user.id, entity, record.id, action, field)
    shown = None
    if proof is not None:
        words = context.snapshot.localised(context.locale)
        shown = proof_view(proof, await _advice(context, proof), words, formats_of(request, context))
    page = AccessPage(
        user, entity, record, action, field, _entities(context), tuple((name, VERBS[name]) for name in ACTIONS),
        tuple((RIGHT + right, right_verb(right)) for right in SYSTEM_RIGHTS),
        _fields(context, entity) if entity else (), shown,
    )  # fmt: skip
    return await admin_page(request, context, "admin/access.html", page)


async def _proof(context: Context, user: str, entity: str, record: str, action: str, field: str) -> Proof | None:
    try:
        if action.startswith(RIGHT):
            return await explain_right(context, user, action.removeprefix(RIGHT))
        return await explain(context, user, entity, record or None, action, field or None) if entity else None
    except NotFound:
        return None


async def _advice(context: Context, proof: Proof) -> Advice:
    """Advice for others; who administers needs none for a right."""
    return await advise(context, proof) if proof.entity else Advice()


def _entities(context: Context) -> tuple[tuple[str, str], ...]:
    """The entities with which the asker has something to do himself, by name."""
    words, rights = context.snapshot.localised(context.locale), context.access.rights
    known = ((one.id, one.plural) for one in words.entities.values() if rights.of(one.id).actions)
    return tuple(sorted(known, key=lambda pair: pair[1].lower()))


def _fields(context: Context, entity: str) -> tuple[tuple[str, str], ...]:
    fields = context.snapshot.localised(context.locale).entity(entity).all_fields
    known = (key for key in fields if context.access.highest(entity, key) >= Level.MASKED)
    return tuple((key, fields[key].caption) for key in known)


async def _picked(context: Context, entity: str, text: str, rest: Sequence[str], *, person: bool = False) -> Picked:
    """What a name, an id or the address of a record stands for, as far as the asker sees it."""
    if not text:
        return Picked("")
    identity = _identity(text)
    try:
        found = (
            await queries.choices(context, entity, ids=[identity])
            if identity
            else await queries.choices(context, entity, text, limit=MOST)
        )
    except Forbidden:
        found = []
    exact = [choice for choice in found if choice.label.lower() == text.lower()] or found
    if len(exact) == 1:
        return Picked(text if identity is None else exact[0].label, exact[0].id, exact[0].label)
    if identity and not person:
        return Picked(text, identity)  # it may be in the bin; what cannot be seen is answered like what is not there
    return Picked(text, maybe=tuple((_named(one), _with(one, rest, person=person)) for one in found), unknown=not found)


def _named(choice: Choice) -> str:
    return " · ".join([choice.label, *choice.facts])


def _with(choice: Choice, rest: Sequence[str], *, person: bool) -> str:
    if person:
        entity, record, action = rest
        return access_url(choice.id, entity, record, action)
    user, entity, action = rest
    return access_url(user, entity, choice.id, action)


def _identity(text: str) -> str | None:
    """The id at the end of an address, or alone."""
    found = re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", text.lower())
    return str(UUID(found[-1])) if found else None


HANDLERS: list[Any] = [access_page]
