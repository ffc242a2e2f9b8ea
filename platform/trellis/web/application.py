"""The web application: routes, errors, security, assets."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.datastructures import State
from litestar.response.base import ASGIResponse
from litestar.static_files import create_static_files_router

from trellis.kernel.settings import Settings
from trellis.places import assets_folder
from trellis.services.workspaces import Workspaces
from trellis.web.admin import admin_handlers
from trellis.web.api.problems import problem
from trellis.web.api.router import api_router
from trellis.web.http import Site, translate_for, wants_api
from trellis.web.pages import page_handlers
from trellis.web.pages.errors import error_page
from trellis.web.security import csrf, harden
from trellis.web.strangers import read_little_of_strangers
from trellis.web.studio import studio_handlers

Asked = Request[Any, Any, Any]


@get("/health", include_in_schema=False)
async def health(request: Asked) -> ASGIResponse:
    """Whether the server can answer; for balancers and scripts."""
    site: Site = request.app.state.site
    release = await (await site.workspaces.named("main")).release()
    return ASGIResponse(body=b'{"status": "ok", "release": %d}' % release.number, media_type="application/json")


def answer_error(request: Asked, error: Exception) -> Response[Any]:
    """A problem document for programs, a page for people."""
    if wants_api(request):
        return problem(request, error, translate_for(request))
    return error_page(request, error)


def build(workspaces: Workspaces, settings: Settings) -> Litestar:
    """The application over these workspaces."""
    assets = create_static_files_router(
        path="/assets",
        directories=[assets_folder() / "assets"],
        cache_control=None,
        after_request=_keep_for_good,
        include_in_schema=False,
    )
    return Litestar(
        route_handlers=[
            health,
            api_router(),
            *map(_router, (page_handlers(), studio_handlers(), admin_handlers())),
            assets,
        ],
        exception_handlers={Exception: answer_error},
        csrf_config=csrf(settings),
        before_send=[harden(settings)],
        middleware=[read_little_of_strangers],
        state=State({"site": Site.over(workspaces, settings)}),
        openapi_config=None,
        request_max_body_size=120_000_000,
        logging_config=None,  # the framework's own writes addresses with their queries
        pdb_on_exception=False,
        debug=False,
    )


def _router(handlers: Sequence[Any]) -> Router:
    """Many handlers as one: the framework looks at all routes there are whenever something is added to the application."""
    return Router("/", route_handlers=[*handlers], include_in_schema=False)


def _keep_for_good(response: Any) -> Any:
    """The names of assets change with their content."""
    response.headers["cache-control"] = "public, max-age=31536000, immutable"
    return response
