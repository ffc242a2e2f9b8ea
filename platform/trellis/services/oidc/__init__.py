"""Signing in with an identity provider of the organisation (OpenID Connect)."""

from trellis.services.oidc.flow import Arrival, Departure, arrive, depart
from trellis.services.oidc.linked import NOT_RECENT, Linked, linked, only_way, unlink, unlink_own
from trellis.services.oidc.people import user_of
from trellis.services.oidc.registry import Options, Provider, buttons, provider, providers, remove, save
from trellis.services.oidc.testing import Finding, tested

__all__ = [
    "NOT_RECENT",
    "Arrival",
    "Departure",
    "Finding",
    "Linked",
    "Options",
    "Provider",
    "arrive",
    "buttons",
    "depart",
    "linked",
    "only_way",
    "provider",
    "providers",
    "remove",
    "save",
    "tested",
    "unlink",
    "unlink_own",
    "user_of",
]
