"""The pages that people see."""

from typing import Any

from trellis.web.pages import (
    account,
    assigning,
    candidates,
    explanations,
    expressions,
    files,
    forms,
    lists,
    oidc,
    passwords,
    places,
    records,
    revealing,
    search,
    second_step,
    security,
    sharing,
    sign_in,
    transfer,
    why,
)


def page_handlers() -> list[Any]:
    """All pages."""
    modules = (
        sign_in,
        second_step,
        security,
        oidc,
        passwords,
        account,
        assigning,
        transfer,
        lists,
        forms,
        candidates,
        records,
        revealing,
        sharing,
        search,
        places,
        files,
        expressions,
        explanations,
        why,
    )
    return [handler for module in modules for handler in module.HANDLERS]
