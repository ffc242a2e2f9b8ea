"""The Studio: pages on which people change the definitions themselves."""

from typing import Any

from trellis.web.studio import (
    background,
    belongings,
    changes,
    documents,
    drafting,
    entities,
    fields,
    forms,
    navigation,
    optionsets,
    packs,
    parts,
    putaside,
    releases,
    retiring,
    role_trial,
    roles,
    sharing,
    spreadsheet,
    translations,
    views,
)


def studio_handlers() -> list[Any]:
    """All pages of the Studio; a new module adds itself here."""
    modules = (
        entities,
        fields,
        parts,
        belongings,
        optionsets,
        documents,
        retiring,
        forms,
        views,
        navigation,
        role_trial,
        roles,
        sharing,
        translations,
        drafting,
        spreadsheet,
        changes,
        releases,
        putaside,
        background,
        packs,
    )
    return [handler for module in modules for handler in module.HANDLERS]
