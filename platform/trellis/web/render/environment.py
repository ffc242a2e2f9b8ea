"""Templates, and what all of them may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from litestar.template.base import csrf_token as framework_token
from markupsafe import Markup, escape

from trellis.kernel.messages import Message, Translate
from trellis.places import assets_folder, templates_folder
from trellis.services.context import Context
from trellis.web.catalogues import offered, translator
from trellis.web.flash import Flash, spent, take_flash
from trellis.web.http import SCHEME_COOKIE, THEME_COOKIE, Asked, locale_of
from trellis.web.render.formats import LocaleFormats, formats
from trellis.web.render.shell import Rail, rail_of
from trellis.web.render.values import avatar
from trellis.web.security import CSRF_FIELD

THEMES = ("light", "dark", "auto")


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds every page."""

    locale: str
    theme: str
    dark: bool
    csrf: str
    path: str
    user: str
    email: str
    rail: Rail
    menu: Markup
    flash: Flash | None
    signed_in: bool
    locales: Mapping[str, str]
    acting: bool = False
    """Whether somebody else acts in the user's place."""


@cache
def manifest() -> Mapping[str, str]:
    """Logical to hashed names of the built assets."""
    found: dict[str, str] = msgspec.json.decode((assets_folder() / "manifest.json").read_bytes(), type=dict[str, str])
    return found


def asset(name: str) -> str:
    """The address of a built asset."""
    return f"/assets/{manifest()[name]}"


@cache
def icon(name: str, cls: str = "i") -> Markup:
    """An icon of the sprite; it says nothing to a screen reader."""
    return Markup('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        cls, asset("icons.svg"), name
    )


@cache
def environment() -> Environment:
    """The environment of all pages; a missing value is an error, everything is escaped."""
    made = Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=400,
    )
    made.globals.update(icon=icon, asset=asset, avatar=lambda name: Markup(avatar(name)))  # noqa: S704
    return made


@cache
def words(locale: str) -> Any:
    """`_` of the templates: translated text with named places filled in, a Message as well."""
    translate: Translate = translator(locale)

    def _(text: str | Message, /, **params: object) -> str | Markup:
        if isinstance(text, Message):
            return text.translated(translate)
        found = translate(text)
        return found.format(**params) if params else found

    return _


def formats_of(request: Asked, context: Context) -> LocaleFormats:
    """The formats of the reader."""
    zone = context.actor.zone if not context.actor.is_system else context.preferences.zone
    return formats(locale_of(request, context), zone, context.preferences.currency)


def csrf_of(request: Asked) -> str:
    """The forgery token of this visitor."""
    return framework_token({"request": request})


def hidden_token(request: Asked) -> Markup:
    """The forgery token as a form field."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_of(request))


def render(request: Asked, context: Context, template: str, data: object, **more: Any) -> str:
    """A template with its data as `page`."""
    locale = locale_of(request, context)
    return (
        environment()
        .get_template(template)
        .render(
            page=data,
            _=words(locale),
            locale=locale,
            formats=formats_of(request, context),
            csrf=hidden_token(request),
            **more,
        )
    )


def part(template: str, locale: str, **more: Any) -> Markup:
    """A piece of a page that depends on nobody's request, to be made once and kept."""
    return Markup(environment().get_template(template).render(_=words(locale), **more))  # noqa: S704 - templates escape


def is_dark(request: Asked) -> bool:
    """Whether the page comes in dark colours: chosen, or what the browser said of its system the last time."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    return theme == "dark" or (theme not in ("light", "dark") and request.cookies.get(SCHEME_COOKIE) == "dark")


def shell_of(request: Asked, context: Context) -> Shell:
    """The surroundings of a page for this visitor."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    locale = locale_of(request, context)
    return Shell(
        locale=locale,
        theme=theme if theme in THEMES else "auto",
        dark=is_dark(request),
        csrf=csrf_of(request),
        path=request.scope["path"],
        user=context.actor.name,
        email=context.actor.email,
        rail=(rail := rail_of(context, locale)),
        menu=_menu(rail, request.scope["path"]),
        flash=take_flash(request),
        signed_in=not context.actor.is_system,
        locales=offered(context.snapshot.locales),
        acting=bool(context.actor.impersonator),
    )


def _menu(rail: Rail, path: str) -> Markup:
    """The places of the rail, with the current one marked."""
    current = next(
        (place.prefix for place in rail.places if path == place.prefix or path.startswith(place.prefix + "/")), ""
    )
    return _menu_html(rail, current)


@lru_cache(maxsize=2_000)
def _menu_html(rail: Rail, current: str) -> Markup:
    html = environment().get_template("parts/places.html").render(rail=rail, current=current)
    return Markup(html)  # noqa: S704


def page(
    request: Asked,
    context: Context,
    template: str,
    data: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **more: Any,
) -> Response[bytes]:
    """A whole page in its shell; `more` is what its template knows besides `page`."""
    shell = shell_of(request, context)
    html = render(request, context, template, data, shell=shell, **more)
    return Response(
        html.encode(),
        status_code=status,
        media_type="text/html",
        headers={"cache-control": "no-store", **(headers or {})},
        cookies=[*cookies, *([spent()] if shell.flash is not None else [])],
    )


def fragment(
    request: Asked,
    context: Context,
    template: str,
    data: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response[bytes]:
    """A part of a page, for a swap."""
    html = render(request, context, template, data, **more)
    return Response(
        html.encode(), status_code=status, media_type="text/html",
        headers={"cache-control": "no-store", **(headers or {})},
    )  # fmt: skip


__all__ = ["Shell", "asset", "escape", "formats_of", "fragment", "icon", "page", "render"]
