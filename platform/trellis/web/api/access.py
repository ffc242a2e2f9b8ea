"""Why somebody may do something or not, for programs."""

from collections.abc import Mapping
from typing import Any

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.engine.access import ACTIONS, SYSTEM_RIGHTS
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.metadata.documents import Level
from trellis.services.access.advice import Advice, advise
from trellis.services.access.explaining import explain, explain_right
from trellis.services.access.proofs import ActionProof, Condition, FieldProof, Proof, RoleHeld, RuleProof
from trellis.services.access.wording import reason, verdict
from trellis.services.context import Context
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.explanations import plain_value
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, in_their_language, translate_for

Part = dict[str, Any]
GIVEN = ("user", "entity", "record", "action", "field", "right")


@get("/access/explain")
async def explain_access(request: Asked) -> ASGIResponse:
    """Whether and why; about oneself, or with the right `users` about anybody."""
    context = await context_of(request)
    reader = in_their_language(request, context)
    given = parameters(request.scope["query_string"], GIVEN)
    proof = await _proof(reader, given)
    advice = await advise(reader, proof) if proof.entity else Advice()
    return json_answer(encode(proof_body(reader, proof, advice, translate_for(request, context))))


async def _proof(context: Context, given: Mapping[str, str]) -> Proof:
    user = given.get("user") or context.actor.id
    if given.get("right"):
        _one_of("right", given["right"], SYSTEM_RIGHTS)
        return await explain_right(context, user, given["right"])
    action = given.get("action", "read")
    _one_of("action", action, ACTIONS)
    if "entity" not in given:
        raise Invalid([FieldError("entity", "required", Message("Say which entity is meant."))])
    return await explain(
        context, user, given["entity"], given.get("record") or None, action, given.get("field") or None
    )


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Invalid([FieldError(name, "unknown_value", Message("There is no “{value}”.", {"value": value[:80]}))])


def proof_body(context: Context, proof: Proof, advice: Advice, translate: Translate) -> Part:
    """A proof as the API tells it."""
    words = context.snapshot.localised(context.locale)
    why = reason(proof, words)
    return {
        "allowed": proof.allowed,
        "verdict": verdict(proof, words).translated(translate),
        "reason": why.translated(translate) if why else None,
        "user": {"id": proof.subject.id, "name": proof.subject.name, "active": proof.subject.active},
        "entity": proof.entity or None,
        "action": proof.action,
        "record": {"id": proof.record.id, "title": proof.record.title} if proof.record else None,
        "obstacle": proof.obstacle.value if proof.obstacle else None,
        "actions": [_action(one, translate) for one in proof.actions],
        "field": _field(proof.field) if proof.field else None,
        "roles": [_role(role) for role in proof.roles],
        "needed": [one.translated(translate) for one in advice.needed],
        "ask": [{"id": one.id, "name": one.name, "how": one.how.translated(translate)} for one in advice.people],
    }


def _role(role: RoleHeld) -> Part:
    return {"id": role.id, "label": role.label, "through": list(role.through)}


def _action(one: ActionProof, translate: Translate) -> Part:
    return {"action": one.action, "allowed": one.allowed, "rules": [_rule(rule, translate) for rule in one.rules]}


def _rule(rule: RuleProof, translate: Translate) -> Part:
    return {
        "role": _role(rule.role),
        "scope": rule.scope,
        "sharing": rule.sharing,
        "holds": rule.holds,
        "within": rule.within,
        "facts": [fact.translated(translate) for fact in rule.facts],
        "when": _condition(rule.when),
        "where": _condition(rule.where),
    }


def _condition(found: Condition | None) -> Part | None:
    if found is None:
        return None
    steps = [
        {
            "text": step.text.labelled, "type": step.type.kind.value, "value": plain_value(step.value),
            "used": step.used, "failed": step.failed,
        }
        for step in found.steps
    ]  # fmt: skip
    return {"text": found.text.labelled if found.text else None, "holds": found.holds, "steps": steps}


def _level(level: Level) -> str:
    return level.name.lower()


def _field(found: FieldProof) -> Part:
    return {
        "key": found.key, "label": found.label, "level": _level(found.level), "needed": _level(found.needed),
        "reveal": found.reveal,
        "roles": [
            {
                "role": _role(one.role), "level": _level(one.level), "reveal": one.reveal,
                "upgrade": None if one.upgrade is None else _level(one.upgrade), "where": _condition(one.where),
            }
            for one in found.roles
        ],
    }  # fmt: skip


HANDLERS: list[Any] = [explain_access]
