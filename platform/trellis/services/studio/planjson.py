"""A plan as JSON: what programs read, and what stays with a release."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec

from trellis.kernel.messages import Message, Translate
from trellis.services.studio.accessjson import access_body
from trellis.services.studio.clients import ClientUse
from trellis.services.studio.planview import PlanView
from trellis.services.studio.steps import Step

_encode = msgspec.json.Encoder(enc_hook=str).encode


def plan_json(view: PlanView) -> str:
    """A plan as text, in English; whoever reads it later may not be allowed to see whose the programs were."""
    kept = replace(view, clients=tuple(one.anonymous for one in view.clients))
    return _encode(plan_body(kept, lambda text: text)).decode()


def plan_body(view: PlanView, translate: Translate) -> dict[str, Any]:
    """A plan as a JSON object, with sentences in the language of `translate`."""

    def said(message: Message | None) -> str | None:
        return None if message is None else message.translated(translate)

    plan = view.planned.plan
    return {
        "base": {"release": plan.base, "hash": plan.base_hash},
        "result": {"release": view.planned.snapshot.release, "hash": plan.result_hash},
        "fingerprint": view.fingerprint,
        "restored": view.restored,
        "risk": view.risk.name.lower(),
        "blocked": view.blocked,
        "changes": [
            {"what": word.what, "at": f"{word.document}#{word.pointer}", "message": said(word.message)}
            for word in view.words
        ],
        "impact": [
            {
                "document": item.document, "kind": item.kind, "pointer": item.pointer, "of": item.of,
                "because": item.because, "label": said(item.label),
                "message": said(item.message),
            }
            for item in view.impact.references
        ],
        "clients": [client_body(one, translate) for one in view.clients],
        "schema": [_step(step, said(step.sentence) or "") for step in view.steps],
        "recompute": [
            {"entity": item.entity, "fields": list(item.keys), "rows": item.rows, "mode": "background"}
            for item in view.recompute
        ],
        "questions": [
            {"gone": item.gone, "candidates": list(item.candidates)} for item in view.questions
        ],
        "conflicts": list(view.conflicts),
        "findings": [
            {
                "code": item.code, "severity": item.severity, "document": item.document, "pointer": item.pointer,
                "message": said(item.message), "hint": said(item.hint),
            }
            for item in view.findings
        ],
        "consents": [*(step.consent for step in view.consents), *(one.key for one in view.confirmations)],
        "access": access_body(view, translate),
        "sql": list(view.planned.sql),
    }  # fmt: skip


def client_body(use: ClientUse, translate: Translate) -> dict[str, Any]:
    """What a program used, as JSON; days without a time, and null for what it never did."""
    return {
        "token": use.client.token, "name": use.client.name, "owner": use.client.owner or None, "of": use.of,
        "because": use.because, "read": _day(use.read), "read_all": _day(use.read_all), "wrote": _day(use.wrote),
        "message": " ".join(one.translated(translate) for one in use.messages),
    }  # fmt: skip


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _step(step: Step, sentence: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "op": step.op, "at": step.at, "table": step.table, "column": step.column, "type": step.kind,
        "risk": step.risk.name.lower(), "phase": "before" if step.ahead else "within", "message": sentence,
    }  # fmt: skip
    if step.rows or step.affected:
        found |= {"rows": step.rows, "affected": step.affected, "samples": list(step.samples)}
    if step.diverged:
        found["diverged"] = step.diverged
    if step.needs_consent:
        found["consent"] = step.consent
    return found
