"""What surrounds every page of the administration: who may come in, and the places to go."""

from collections.abc import Mapping
from dataclasses import dataclass

from litestar import Response
from litestar.datastructures import Cookie

from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.web.http import Asked, page_context
from trellis.web.render.environment import page


@dataclass(frozen=True, slots=True)
class Section:
    """One place of the administration, and the system right that opens it."""

    url: str
    icon: str
    label: Message
    right: str


SECTIONS: tuple[Section, ...] = (
    Section("/admin/users", "users", Message("Users"), "users"),
    Section("/admin/teams", "users-group", Message("Teams"), "users"),
    Section("/admin/sign-in", "login", Message("Sign-in"), "users"),
    Section("/admin/access", "shield-lock", Message("Access"), "users"),
    Section("/admin/handovers", "arrows-exchange", Message("Hand-overs"), "users"),
    Section("/admin/audit", "history", Message("Audit"), "audit"),
)
"""The places of the administration, in their order."""


@dataclass(frozen=True, slots=True)
class AdminFrame:
    """The surroundings of a page: the places the actor may go to, and where one is."""

    sections: tuple[Section, ...]
    section: Section | None


async def admin_context(request: Asked, right: str = "users") -> Context:
    """The context of a page of the administration; raises Forbidden without the right."""
    context = await page_context(request)
    require(context, right)
    return context


def require(context: Context, right: str) -> None:
    """Raises Forbidden, in words for people, without the right."""
    if not context.access.system(right):
        raise Forbidden(Message("This page is for people who administer users or read the audit log."))


def frame_of(request: Asked, context: Context) -> AdminFrame:
    """The places of the actor, with the current one marked."""
    path = request.scope["path"]
    open_to = tuple(section for section in SECTIONS if context.access.system(section.right))
    here = (section for section in open_to if path == section.url or path.startswith(section.url + "/"))
    return AdminFrame(open_to, next(here, None))


async def admin_page(
    request: Asked,
    context: Context,
    template: str,
    data: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    cookies: tuple[Cookie, ...] = (),
) -> Response[bytes]:
    """A whole page of the administration, with its places; templates extend admin/base.html."""
    frame = frame_of(request, context)
    return page(request, context, template, data, status=status, headers=headers, cookies=cookies, admin=frame)
