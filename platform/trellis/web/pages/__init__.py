"""The pages that people see."""

from typing import Any

from trellis.web.pages import (
    account,
    assigning,
    bulk,
    candidates,
    change_many,
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
    share_many,
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
        bulk,
        share_many,
        change_many,
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
