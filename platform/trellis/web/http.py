"""From a request to the context of a use case, and from a domain error to an answer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from trellis.kernel.actor import SYSTEM, Actor
from trellis.kernel.errors import Forbidden, NotFound, SecondFactorOwed, Unauthenticated
from trellis.kernel.messages import Translate
from trellis.kernel.settings import Settings
from trellis.services.administering import NOT_WHILE_ACTING
from trellis.services.context import Context
from trellis.services.identities import Known, known_session, known_token
from trellis.services.throttling import network_of
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.web.allowance import Allowance
from trellis.web.catalogues import LOCALES, accepted, offered, translator

LARGEST = 2**63 - 1
Asked = Request[Any, Any, Any]

SESSION_COOKIE = "trellis_session"
LOCALE_COOKIE = "trellis_locale"
THEME_COOKIE = "trellis_theme"
SCHEME_COOKIE = "trellis_scheme"
PIECE = 256 * 1024
SMALL = 64_000
"""The most bytes that somebody may send who is not signed in."""
OWN = ("/account", "/admin")
"""Where nobody goes in somebody else's place."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Site:
    """What every request needs of the server."""

    workspaces: Workspaces
    settings: Settings
    persons: Allowance
    networks: Allowance

    @classmethod
    def over(cls, workspaces: Workspaces, settings: Settings) -> "Site":
        """The server over these workspaces."""
        clock = workspaces.clock
        persons, networks = int(settings.rate_person), int(settings.rate_network)
        return cls(workspaces, settings, Allowance(clock, persons), Allowance(clock, networks))


def site_of(request: Asked) -> Site:
    """The server behind a request."""
    site: Site = request.app.state.site
    return site


async def home_of(request: Asked) -> OpenWorkspace:
    """The workspace that the host name selects."""
    return await site_of(request).workspaces.for_host(request.headers.get("host", ""))


async def is_known(request: Asked) -> bool:
    """Whether somebody is behind a request, with a token or a session."""
    system = await _system_context(request)
    token = await _token_of(request, system)
    return (token or await _session_of(request, system)).actor is not None


async def context_of(request: Asked) -> Context:
    """The context of an API request: a bearer token, or for reading the session of a page; raises Unauthenticated."""
    system = await _system_context(request)
    token = await _token_of(request, system)
    may_be_page = token is None and "authorization" not in request.headers and request.method in SAFE
    known = token or (await _session_of(request, system) if may_be_page else Known())
    if known.actor is None or known.owes:
        raise Unauthenticated()
    _count(request, system, known.actor)
    _check_numbers(request)
    return _speaking(request, replace(system.with_actor(known.actor), method=known.method, client=known.token))


async def page_context(request: Asked) -> Context:
    """The context of a page: the session's user; raises Unauthenticated, SecondFactorOwed."""
    found = await visitor_context(request)
    if found.actor.is_system:
        owes = (await _session_of(request, found)).owes
        raise SecondFactorOwed if owes else Unauthenticated
    if found.actor.impersonator and str(request.scope["path"]).startswith(OWN):
        raise Forbidden(NOT_WHILE_ACTING)
    _check_numbers(request)
    return found


async def visitor_context(request: Asked) -> Context:
    """The context of a page that anyone may see; the actor is the system where nobody is signed in."""
    system = await _system_context(request)
    known = await _session_of(request, system)
    return _context_for(request, system, Known() if known.owes else known)


async def unfinished_context(request: Asked) -> Context:
    """The context of the few pages for people who may still owe a second factor; raises Unauthenticated."""
    system = await _system_context(request)
    known = await _session_of(request, system)
    if known.actor is None:
        raise Unauthenticated()
    return _context_for(request, system, known)


def _context_for(request: Asked, system: Context, known: Known) -> Context:
    if known.actor is not None:
        _count(request, system, known.actor)
    found = replace(system.with_actor(known.actor), method=known.method) if known.actor else system
    return _speaking(request, found)


def _count(request: Asked, system: Context, actor: Actor) -> None:
    site_of(request).persons.take(f"{system.workspace.name}:{actor.id}")


def _check_numbers(request: Asked) -> None:
    """An address with a number that no database can hold leads nowhere; raises NotFound."""
    if any(isinstance(value, int) and abs(value) > LARGEST for value in request.path_params.values()):
        raise NotFound


async def _system_context(request: Asked) -> Context:
    site_of(request).networks.take(network_of(address_of(request)))
    context = await (await home_of(request)).context(SYSTEM)
    return replace(context, address=address_of(request))


def address_of(request: Asked) -> str:
    """The network address that a request came from, as far as trusted proxies say; empty where there is none."""
    return request.client.host if request.client else ""


async def _token_of(request: Asked, system: Context) -> Known | None:
    """What the token of a program means; None when it shows none."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return await known_token(system, secret.strip()) if scheme.lower() == "bearer" else None


async def _session_of(request: Asked, system: Context) -> Known:
    secret = session_secret(request)
    return await known_session(system, secret) if secret else Known()


def cookie_name(request: Asked, name: str) -> str:
    """How a cookie that scripts cannot read is called: bound to this host where it is reached by https."""
    return f"__Host-{name}" if site_of(request).settings.https == "1" else name


def session_secret(request: Asked) -> str:
    """The secret of the session of this browser; empty without one."""
    return request.cookies.get(cookie_name(request, SESSION_COOKIE), "")


def _speaking(request: Asked, context: Context) -> Context:
    """The context in the language of the answer, which errors go by as well."""
    request.state.language = locale_of(request, context)
    return in_their_language(request, context)


def locale_of(request: Asked, context: Context | None = None) -> str:
    """The language of the answer: chosen by cookie, asked for by a program, the user's, the browser's, the workspace's."""
    chosen = request.cookies.get(LOCALE_COOKIE, "")
    known = offered(context.snapshot.locales) if context is not None else LOCALES
    if chosen in known:
        return chosen
    if context is None and request.state.get("language"):
        return str(request.state.language)
    fallback, header = site_of(request).settings.locale, request.headers.get("accept-language", "")
    if context is not None and not context.actor.is_system and context.actor.locale in known:
        if not context.client:
            return context.actor.locale
        fallback = context.actor.locale
    return accepted(header, fallback) if header else fallback


def in_their_language(request: Asked, context: Context) -> Context:
    """The context whose labels and titles are in the language of the answer."""
    return replace(context, locale=locale_of(request, context))


def translate_for(request: Asked, context: Context | None = None) -> Translate:
    """The translation for the language of the answer."""
    return translator(locale_of(request, context))


async def pieces_of(file: UploadFile) -> AsyncIterator[bytes]:
    """An uploaded file, piece by piece."""
    while piece := await file.read(PIECE):
        yield piece


def wants_api(request: Asked) -> bool:
    """Whether the request is one of a program."""
    return str(request.scope["path"]).startswith("/api/")
