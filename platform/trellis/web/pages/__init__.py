"""The pages that people see."""

from litestar.handlers import HTTPRouteHandler


def page_handlers() -> list[HTTPRouteHandler]:
    """All pages."""
    return []
