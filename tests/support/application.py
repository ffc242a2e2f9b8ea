"""The web application for tests: made once for each process, and put over another workspace each time."""

from litestar import Litestar
from litestar.stores.memory import MemoryStore

from trellis.kernel.settings import Settings
from trellis.services.workspaces import Workspaces
from trellis.web import application
from trellis.web.http import Site
from trellis.web.pages.passwords import FORGOT_LIMIT
from trellis.web.pages.sign_in import LOGIN_LIMIT
from trellis.web.security import csrf

_made: dict[str, Litestar] = {}


def build(workspaces: Workspaces, settings: Settings) -> Litestar:
    """The application over these workspaces; whoever had it before cannot use it any more."""
    if settings.https == "1":
        return application.build(workspaces, settings)
    app = _made.get("app") or _made.setdefault("app", application.build(workspaces, settings))
    if app.csrf_config is not None:
        app.csrf_config.secret = csrf(settings).secret
    app.state.site = Site.over(workspaces, settings)
    for limit in (LOGIN_LIMIT, FORGOT_LIMIT):
        app.stores.register(str(limit.store), MemoryStore(), allow_override=True)
    return app
