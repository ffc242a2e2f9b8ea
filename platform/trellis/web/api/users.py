"""Users for programs that look after them: who there is, invitations, roles, accounts, tokens."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from litestar import delete, get, post, put
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.services import accounts, lifecycle, oidc
from trellis.services.accounts import Token
from trellis.services.context import Context
from trellis.services.directory import STATES, UserCard, UserLine, Wanted, find_users, user_card
from trellis.services.invitations import invite, send_invitation, withdraw_invitation
from trellis.services.oidc import Linked
from trellis.web.api.answers import Asked, encode, json_answer, no_content
from trellis.web.api.bodies import json_object
from trellis.web.api.parameters import parameters, whole_number
from trellis.web.http import context_of

ME = "me"
LANGUAGES = ("en", "zh_cn")
_TEXT = Message("This must be a text.")
_TEXTS = Message("This must be a list of texts.")


@get("/users")
async def list_users(request: Asked) -> ASGIResponse:
    """A page of users, by name."""
    context = await context_of(request)
    given = parameters(request.scope["query_string"], ("q", "role", "team", "state", "page"))
    state = given.get("state", "")
    if state and state not in STATES:
        text = Message("This must be one of {choices}.", {"choices": ", ".join(STATES)})
        raise Invalid([FieldError("state", "choice", text)])
    wanted = Wanted(given.get("q", ""), given.get("role", ""), given.get("team", ""), state)
    found = await find_users(context, wanted, whole_number("page", given.get("page", "1"), 1, 99_999))
    body = {"items": [_line(line) for line in found.lines], "total": found.total, "pages": found.pages}
    return json_answer(encode(body))


@post("/users", status_code=201)
async def add_user(request: Asked) -> ASGIResponse:
    """Invite somebody, or make a service account."""
    context = await _context(request)
    body, _ = await json_object(request)
    _only(body, ("kind", "name", "email", "roles", "team", "locale"))
    name, email, team = (_text(body, key) for key in ("name", "email", "team"))
    kind = _choice(body, "kind", ("user", "service"))
    roles, locale = _texts(body, "roles") or (), _choice(body, "locale", LANGUAGES) if "locale" in body else ""
    if kind == "service":
        user = await accounts.create_user(context, email="", name=name, roles=roles, team=team or None, kind=kind)
    else:
        user = await invite(context, email=email, name=name, roles=roles, team=team or None, locale=locale)
    return await _shown(context, user, 201)


@get("/users/{user:str}")
async def read_user(request: Asked) -> ASGIResponse:
    """One user with the account."""
    context = await _context(request)
    return await _shown(context, _user(request, context))


@put("/users/{user:str}/roles", status_code=200)
async def set_roles(request: Asked) -> ASGIResponse:
    """Give a user just these roles."""
    context = await _context(request)
    body, _ = await json_object(request)
    _only(body, ("roles",))
    roles = _texts(body, "roles")
    if roles is None:
        raise Invalid([FieldError("roles", "type", _TEXTS)])
    await accounts.assign_roles(context, _user(request, context), roles)
    return await _shown(context, _user(request, context))


@post("/users/{user:str}/disable", status_code=200)
async def disable_user(request: Asked) -> ASGIResponse:
    """Close the account; sessions end and tokens are revoked."""
    context = await _context(request)
    await lifecycle.disable(context, _user(request, context))
    return await _shown(context, _user(request, context))


@post("/users/{user:str}/enable", status_code=200)
async def enable_user(request: Asked) -> ASGIResponse:
    """Open the account again."""
    context = await _context(request)
    await lifecycle.enable(context, _user(request, context))
    return await _shown(context, _user(request, context))


@post("/users/{user:str}/invitation", status_code=200)
async def invite_user(request: Asked) -> ASGIResponse:
    """Send the invitation, or send it again."""
    context = await _context(request)
    await send_invitation(context, _user(request, context))
    return await _shown(context, _user(request, context))


@delete("/users/{user:str}/invitation", status_code=200)
async def withdraw_user(request: Asked) -> ASGIResponse:
    """Make the link of the invitation useless."""
    context = await _context(request)
    await withdraw_invitation(context, _user(request, context))
    return no_content()


@delete("/users/{user:str}/sessions", status_code=200)
async def end_sessions(request: Asked) -> ASGIResponse:
    """Sign a user out everywhere."""
    context = await _context(request)
    await lifecycle.end_all_sessions(context, _user(request, context))
    return no_content()


@get("/users/{user:str}/tokens")
async def list_tokens(request: Asked) -> ASGIResponse:
    """The tokens of a user, or of oneself as `me`."""
    context = await _context(request)
    found = await accounts.tokens(context, _user(request, context))
    return json_answer(encode({"items": [_token(one) for one in found]}))


@post("/users/{user:str}/tokens", status_code=201)
async def add_token(request: Asked) -> ASGIResponse:
    """A token for oneself or for a service account; the secret is in this answer only."""
    context = await _context(request)
    body, _ = await json_object(request)
    _only(body, ("name", "roles", "expires_at"))
    name, user = _text(body, "name").strip(), _user(request, context)
    if not name or len(name) > 80:
        raise Invalid([FieldError("name", "required", Message("{label} is required.", {"label": Message("Name")}))])
    expires, roles = _moment(body, "expires_at"), _texts(body, "roles")
    secret = await accounts.create_token(context, user, name, expires, roles=roles)
    newest = (await accounts.tokens(context, user))[0]
    return json_answer(encode({**_token(newest), "secret": secret}), 201)


@delete("/users/{user:str}/tokens/{token:str}", status_code=200)
async def revoke_token(request: Asked) -> ASGIResponse:
    """Make a token useless."""
    context = await _context(request)
    await accounts.revoke_token(context, _user(request, context), request.path_params["token"])
    return no_content()


@get("/users/{user:str}/identities")
async def list_identities(request: Asked) -> ASGIResponse:
    """The providers linked with the account of a user, or with one's own as `me`."""
    context = await _context(request)
    found = await oidc.linked(context, _user(request, context))
    return json_answer(encode({"items": [_identity(one) for one in found]}))


@delete("/users/{user:str}/identities/{identity:str}", status_code=200)
async def unlink_identity(request: Asked) -> ASGIResponse:
    """Unlink a provider with which a user signs in; one's own are unlinked in the browser, which asks for the password."""
    context = await _context(request)
    await oidc.unlink(context, _user(request, context), request.path_params["identity"])
    return no_content()


async def _context(request: Asked) -> Context:
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    return context


async def _shown(context: Context, user: str, status: int = 200) -> ASGIResponse:
    return json_answer(encode(_card(await user_card(context, user))), status)


def _user(request: Asked, context: Context) -> str:
    user = str(request.path_params["user"])
    known = context.actor.id if user == ME else canonical_id(user)
    if known is None:
        raise NotFound
    return known


def _line(line: UserLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "name": line.name,
        "email": line.email or None,
        "state": line.state,
        "kind": line.kind,
        "team": line.team or None,
        "roles": list(line.roles),
        "invitedAt": _at(line.invited_at),
        "signedInAt": _at(line.signed_in_at),
    }


def _card(card: UserCard) -> dict[str, Any]:
    person, account = card.person, card.account
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email or None,
        "state": card.state,
        "kind": account.kind,
        "team": person.team,
        "manager": card.manager.id if card.manager else None,
        "roles": sorted(person.roles),
        "createdAt": _at(account.created_at),
        "invitedAt": _at(account.invited_at),
        "signedInAt": _at(account.signed_in_at),
        "disabledAt": _at(account.disabled_at),
        "sessions": len(card.sessions),
        "tokens": len(card.tokens),
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "roles": None if token.roles is None else sorted(token.roles),
        "createdAt": _at(token.created_at),
        "createdBy": token.created_by or None,
        "expiresAt": _at(token.expires_at),
        "lastUsedAt": _at(token.last_used_at),
    }


def _identity(one: Linked) -> dict[str, Any]:
    return {
        "id": one.key,
        "provider": one.provider,
        "label": one.label,
        "email": one.email or None,
        "enabled": one.enabled,
        "linkedAt": _at(one.since),
        "signedInAt": _at(one.used_at),
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _only(body: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = [key for key in body if key not in known]
    if unknown:
        text = Message("This member is not known.")
        raise Invalid([FieldError(key, "unknown_member", text) for key in unknown])


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise Invalid([FieldError(key, "type", _TEXT)])
    return value or ""


def _texts(body: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid([FieldError(key, "type", _TEXTS)])
    return tuple(value)


def _choice(body: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
    value = body.get(key, choices[0])
    if value not in choices:
        text = Message("This must be one of {choices}.", {"choices": ", ".join(choices)})
        raise Invalid([FieldError(key, "choice", text)])
    return str(value)


def _moment(body: Mapping[str, Any], key: str) -> datetime | None:
    value = _text(body, key)
    try:
        moment = datetime.fromisoformat(value) if value else None
    except ValueError:
        moment = None
    if value and (moment is None or moment.tzinfo is None):
        raise Invalid([FieldError(key, "moment", Message("This must be a moment with its zone, as in ISO 8601."))])
    return moment.astimezone(UTC) if moment else None


HANDLERS = [
    list_users, add_user, read_user, set_roles, disable_user, enable_user, invite_user, withdraw_user, end_sessions,
    list_tokens, add_token, revoke_token, list_identities, unlink_identity,
]  # fmt: skip
