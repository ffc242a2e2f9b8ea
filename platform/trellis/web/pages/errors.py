"""Pages for what went wrong."""

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from trellis.kernel.errors import TrellisError, Unauthenticated
from trellis.web.api.problems import status_of


def error_page(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What happened in plain words; someone who is not signed in goes to the sign-in page."""
    if isinstance(error, Unauthenticated):
        return Redirect("/login")
    status = status_of(error) if isinstance(error, TrellisError) else getattr(error, "status_code", 500)
    return Response(str(error).encode(), status_code=status, media_type="text/plain")
