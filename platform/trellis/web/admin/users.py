"""The list of users, and the forms for new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import FieldError, Forbidden, Invalid, TooManyRequests
from trellis.kernel.messages import Message
from trellis.services import accounts, teams
from trellis.services.context import Context
from trellis.services.directory import UserLine, Wanted, find_users
from trellis.services.invitations import invite
from trellis.services.teams import Branch
from trellis.web.admin.frame import admin_context, admin_page
from trellis.web.admin.user_words import LANGUAGES, STATES, TONES
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of
from trellis.web.pages.account_lines import role_names
from trellis.web.pages.token_form import posted
from trellis.web.render.environment import formats_of, words

USERS = "/admin/users"


@dataclass(frozen=True, slots=True)
class Line:
    """One user of the list."""

    id: str
    name: str
    email: str
    team: str
    roles: tuple[str, ...]
    state: Message
    tone: str
    seen: str


@dataclass(frozen=True, slots=True)
class UsersPage:
    """A page of users, and what they were looked for by."""

    lines: tuple[Line, ...]
    total: int
    number: int
    pages: int
    wanted: Wanted
    roles: Mapping[str, str]
    teams: tuple[Branch, ...]
    states: Mapping[str, Message]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form for a new user holds."""

    name: str = ""
    email: str = ""
    team: str = ""
    locale: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewUserPage:
    """The form for somebody who is invited, or for a service account."""

    service: bool
    roles: tuple[tuple[str, str, str], ...]
    teams: tuple[Branch, ...] = ()
    languages: Mapping[str, str] = field(default_factory=dict)
    typed: Typed = Typed()
    errors: tuple[FieldError, ...] = ()


@get(USERS, include_in_schema=False)
async def users_page(request: Asked) -> Response[Any]:
    """The users of a sort, by name."""
    context = await admin_context(request)
    asked = request.query_params
    wanted = Wanted(*(asked.get(key, "").strip()[:200] for key in ("q", "role", "team", "state")))
    number = asked.get("page", "1")
    found = await find_users(context, wanted, int(number) if number.isdecimal() and len(number) < 6 else 1)
    names = role_names(request, context)
    data = UsersPage(
        lines=tuple(_line(request, context, line, names) for line in found.lines),
        total=found.total,
        number=found.page,
        pages=found.pages,
        wanted=wanted,
        roles=names,
        teams=tuple(await teams.tree(context)),
        states=STATES,
        before=_address(wanted, found.page - 1) if found.page > 1 else "",
        after=_address(wanted, found.page + 1) if found.page < found.pages else "",
    )
    return await admin_page(request, context, "admin/users.html", data)


@get(USERS + "/invite", include_in_schema=False)
async def invite_page(request: Asked) -> Response[Any]:
    """The form for an invitation."""
    context = await admin_context(request)
    language = "zh_cn" if locale_of(request, context) == "zh-CN" else "en"
    return await _form(request, context, typed=Typed(locale=language))


@post(USERS + "/invite", include_in_schema=False, status_code=200)
async def invite_user(request: Asked) -> Response[Any]:
    """Make the account and send the letter; what is wrong comes back with what was typed."""
    context = await admin_context(request)
    typed = _typed(await posted(request))
    try:
        user = await invite(
            context, email=typed.email, name=typed.name, roles=typed.roles, team=typed.team or None, locale=typed.locale
        )
    except (Invalid, TooManyRequests) as error:
        return await _form(request, context, typed=typed, errors=errors_of(error))
    return _made(request, context, user, Message("The invitation to {name} is on its way.", {"name": typed.name}))


@get(USERS + "/new-service", include_in_schema=False)
async def service_page(request: Asked) -> Response[Any]:
    """The form for a service account."""
    return await _form(request, await admin_context(request), service=True)


@post(USERS + "/new-service", include_in_schema=False, status_code=200)
async def make_service(request: Asked) -> Response[Any]:
    """Make an account that has tokens only."""
    context = await admin_context(request)
    typed = _typed(await posted(request))
    try:
        user = await accounts.create_user(context, email="", name=typed.name, roles=typed.roles, kind="service")
    except Invalid as error:
        return await _form(request, context, service=True, typed=typed, errors=error.errors)
    return _made(request, context, user, Message("The service account {name} was made.", {"name": typed.name}))


def errors_of(error: Invalid | TooManyRequests | Forbidden) -> tuple[FieldError, ...]:
    """What a form says about a refusal."""
    return error.errors if isinstance(error, Invalid) else (FieldError("", error.code, error.message),)


def role_choices(request: Asked, context: Context) -> tuple[tuple[str, str, str], ...]:
    """Id, name and description of every role."""
    roles = context.snapshot.localised(locale_of(request, context)).roles
    return tuple((role.id, role.label, role.description or "") for role in roles.values())


async def _form(
    request: Asked,
    context: Context,
    *,
    service: bool = False,
    typed: Typed | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[Any]:
    branches = () if service else tuple(await teams.tree(context))
    roles = role_choices(request, context)
    data = NewUserPage(service, roles, branches, LANGUAGES, typed or Typed(), tuple(errors))
    return await admin_page(request, context, "admin/user_new.html", data, status=422 if errors else 200)


def _made(request: Asked, context: Context, user: str, text: Message) -> Response[Any]:
    said = words(locale_of(request, context))(text)
    return Redirect(f"{USERS}/{user}", status_code=303, cookies=[flash_cookie(str(said))])


def _typed(texts: Mapping[str, Sequence[str]]) -> Typed:
    name, email, team, locale = (
        next(iter(texts.get(key, ())), "").strip() for key in ("name", "email", "team", "locale")
    )
    return Typed(name, email, team, locale if locale in LANGUAGES else "", tuple(texts.get("roles", ())))


def _line(request: Asked, context: Context, line: UserLine, names: Mapping[str, str]) -> Line:
    formats = formats_of(request, context)
    seen = formats.datetime(line.signed_in_at) if line.signed_in_at else ""
    roles = tuple(names.get(role, role) for role in line.roles)
    return Line(line.id, line.name, line.email, line.team, roles, STATES[line.state], TONES[line.state], seen)


def _address(wanted: Wanted, page: int) -> str:
    given = {"q": wanted.text, "role": wanted.role, "team": wanted.team, "state": wanted.state, "page": str(page)}
    return f"{USERS}?{urlencode({key: value for key, value in given.items() if value})}"


HANDLERS: list[Any] = [users_page, invite_page, invite_user, service_page, make_service]
