"""The pages that people see."""

from typing import Any

from trellis.web.pages import account, lists, search


def page_handlers() -> list[Any]:
    """All pages."""
    return [*account.HANDLERS, *lists.HANDLERS, *search.HANDLERS]
