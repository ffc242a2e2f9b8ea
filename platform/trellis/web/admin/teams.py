"""The page of teams: the tree with its members, and moving a team below another one."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import FieldError, Invalid, VersionConflict
from trellis.services import teams
from trellis.services.context import Context
from trellis.services.teams import Branch
from trellis.web.admin.frame import admin_context, admin_page
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import words

TEAMS = "/admin/teams"


@dataclass(frozen=True, slots=True)
class Move:
    """A team that is being moved: where it could go, where it would go, and why it does not."""

    branch: Branch
    places: tuple[Branch, ...]
    chosen: str | None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamsPage:
    """All teams as a tree; `move` is open for one of them."""

    branches: tuple[Branch, ...]
    move: Move | None = None
    may_create: bool = False


@get(TEAMS, include_in_schema=False)
async def teams_page(request: Asked) -> Response[Any]:
    """The tree of teams; with `move` the form to move one of them."""
    context = await admin_context(request)
    branches = await teams.tree(context)
    team = request.query_params.get("move", "")
    move = _move(branches, team) if team else None
    return await _show(request, context, branches, move)


@post(TEAMS + "/{team:str}/move", include_in_schema=False, status_code=200)
async def move_team(request: Asked) -> Response[Any]:
    """Move a team with all below it; what cannot be done comes back with the reason."""
    context = await admin_context(request)
    form, team = await request.form(), request.path_params["team"]
    parent, version = str(form.get("parent", "")) or None, str(form.get("version", ""))
    try:
        await teams.move(context, team, parent, int(version) if version.isdecimal() else None)
    except (Invalid, VersionConflict) as error:
        branches = await teams.tree(context)
        errors = error.errors if isinstance(error, Invalid) else (FieldError("parent", error.code, error.message),)
        return await _show(request, context, branches, _move(branches, team, parent, errors), status=422)
    text = words(locale_of(request, context))("The team was moved.")
    return Redirect(f"{TEAMS}#team-{team}", status_code=303, cookies=[flash_cookie(str(text))])


def _move(branches: list[Branch], team: str, chosen: str | None = None, errors: tuple[FieldError, ...] = ()) -> Move:
    places = tuple(teams.around(branches, team))
    branch = next(branch for branch in branches if branch.team.id == team)
    return Move(branch, places, chosen if errors else branch.team.parent, errors)


async def _show(
    request: Asked, context: Context, branches: list[Branch], move: Move | None, *, status: int = 200
) -> Response[Any]:
    page = TeamsPage(tuple(branches), move, context.access.allows("core.team", "create"))
    return await admin_page(request, context, "admin/teams.html", page, status=status)


HANDLERS: list[Any] = [teams_page, move_team]
