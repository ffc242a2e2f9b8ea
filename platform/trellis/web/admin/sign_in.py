"""The page of sign-in: the identity providers of the organisation, and which roles demand a second factor."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.services import oidc
from trellis.services.context import Context
from trellis.services.demands import demanding_roles
from trellis.services.oidc import Finding, Provider
from trellis.web.admin.frame import admin_context, admin_page
from trellis.web.admin.provider_form import ProviderForm, form_of, given
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of
from trellis.web.pages.oidc import callback_address
from trellis.web.pages.token_form import posted
from trellis.web.render.environment import words

ADDRESS = "/admin/sign-in"
EMPTY = Provider("", "", "", "")
ALREADY = Message("There is a provider with this key already.")


@dataclass(frozen=True, slots=True)
class SignInPage:
    """All providers, and the roles that demand a second factor."""

    providers: tuple[Provider, ...]
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProviderPage:
    """One provider to be changed or added; `findings` are what a look at it showed."""

    form: ProviderForm
    new: bool
    callback: str
    errors: tuple[FieldError, ...] = ()
    findings: tuple[Finding, ...] = ()


@get(ADDRESS, include_in_schema=False)
async def sign_in_page(request: Asked) -> Response[Any]:
    """All providers."""
    context = await admin_context(request)
    labels = context.snapshot.localised(locale_of(request, context)).roles
    roles = tuple((role, labels[role].label) for role in sorted(demanding_roles(context.release)) if role in labels)
    data = SignInPage(tuple(await oidc.providers(context)), roles)
    return await admin_page(request, context, "admin/sign_in.html", data)


@get(f"{ADDRESS}/new", include_in_schema=False)
async def new_provider(request: Asked) -> Response[Any]:
    """The form for another provider."""
    context = await admin_context(request)
    return await _show(request, context, EMPTY, new=True)


@get(f"{ADDRESS}/{{provider:str}}", include_in_schema=False)
async def provider_page(request: Asked) -> Response[Any]:
    """The form of a provider."""
    context = await admin_context(request)
    return await _show(request, context, await oidc.provider(context, request.path_params["provider"]))


@post(f"{ADDRESS}/new", include_in_schema=False, status_code=200)
async def add_provider(request: Asked) -> Response[Any]:
    """Keep a new provider; what cannot work comes back with the reason."""
    context = await admin_context(request)
    texts = await posted(request)
    wanted = given(texts, "".join(texts.get("id", [])).strip())
    known = {one.id for one in await oidc.providers(context)}
    if wanted.id in known:
        taken = FieldError("id", "taken", ALREADY)
        return await _show(request, context, wanted, (taken,), new=True)
    return await _save(request, context, wanted, new=True)


@post(f"{ADDRESS}/{{provider:str}}", include_in_schema=False, status_code=200)
async def change_provider(request: Asked) -> Response[Any]:
    """Keep the changes; what cannot work comes back with the reason."""
    context = await admin_context(request)
    before = await oidc.provider(context, request.path_params["provider"])
    return await _save(request, context, given(await posted(request), before.id), new=False)


@post(f"{ADDRESS}/{{provider:str}}/test", include_in_schema=False, status_code=200)
async def test_provider(request: Asked) -> Response[Any]:
    """Look whether the provider answers as a sign-in needs it."""
    context = await admin_context(request)
    provider = await oidc.provider(context, request.path_params["provider"])
    findings = tuple(await oidc.tested(context, provider.id))
    return await _show(request, context, provider, findings=findings)


@post(f"{ADDRESS}/{{provider:str}}/remove", include_in_schema=False, status_code=303)
async def remove_provider(request: Asked) -> Redirect:
    """Nobody signs in with it any more."""
    context = await admin_context(request)
    await oidc.remove(context, request.path_params["provider"])
    text = words(locale_of(request, context))("The provider was removed.")
    return Redirect(ADDRESS, status_code=303, cookies=[flash_cookie(text)])


async def _save(request: Asked, context: Context, wanted: Provider, *, new: bool) -> Response[Any]:
    try:
        await oidc.save(context, wanted)
    except Invalid as error:
        return await _show(request, context, wanted, error.errors, new=new)
    text = words(locale_of(request, context))("The provider was saved. Test it before anybody depends on it.")
    return Redirect(f"{ADDRESS}/{wanted.id}", status_code=303, cookies=[flash_cookie(text)])


async def _show(
    request: Asked,
    context: Context,
    provider: Provider,
    errors: tuple[FieldError, ...] = (),
    *,
    new: bool = False,
    findings: tuple[Finding, ...] = (),
) -> Response[Any]:
    labels = context.snapshot.localised(locale_of(request, context)).roles
    form = form_of(provider, tuple((role, labels[role].label) for role in labels))
    callback = callback_address(context, provider.id or "…")
    data = ProviderPage(form, new, callback, errors, findings)
    return await admin_page(request, context, "admin/provider.html", data, status=422 if errors else 200)


HANDLERS: list[Any] = [
    sign_in_page, new_provider, provider_page, add_provider, change_provider, test_provider, remove_provider,
]  # fmt: skip
