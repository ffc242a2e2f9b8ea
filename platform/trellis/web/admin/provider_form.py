"""The form of an identity provider: from what is kept to inputs, and back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trellis.services.oidc import Options, Provider

SPARE = 3
"""Empty rows for more mappings."""
_COMMAS = re.compile(r"[,;，；、\s]+")


@dataclass(frozen=True, slots=True)
class ProviderForm:
    """What stands in the inputs; `mapping` has a row for each role that a value of the claim gives."""

    provider: Provider
    domains: str
    mapping: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]


def form_of(provider: Provider, roles: tuple[tuple[str, str], ...]) -> ProviderForm:
    """The inputs for a provider; `roles` are the ids and labels to choose from."""
    rows = [(value, role) for value, given in provider.options.roles.items() for role in given]
    return ProviderForm(
        provider, ", ".join(provider.options.domains), (*rows, *(("", "") for _ in range(SPARE))), roles
    )


def given(texts: Mapping[str, Sequence[str]], provider_id: str) -> Provider:
    """The provider that the inputs describe."""
    return Provider(
        provider_id,
        _text(texts, "label"),
        _text(texts, "issuer"),
        _text(texts, "client_id"),
        Options(
            domains=tuple(part.lower().lstrip("@") for part in _COMMAS.split(_text(texts, "domains")) if part),
            link="link" in texts,
            create="create" in texts,
            strong="strong" in texts,
            default_roles=tuple(texts.get("default_roles", ())),
            roles_claim=_text(texts, "roles_claim"),
            roles=_mapping(texts),
        ),
        "enabled" in texts,
        _text(texts, "client_secret"),
    )


def _mapping(texts: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    pairs = zip(texts.get("value", ()), texts.get("role", ()), strict=False)
    found: dict[str, tuple[str, ...]] = {}
    for value, role in pairs:
        if value.strip() and role:
            found[value.strip()] = (*found.get(value.strip(), ()), role)
    return found


def _text(texts: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(texts.get(name, ())), "").strip()
