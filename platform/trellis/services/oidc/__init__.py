"""Signing in with an identity provider of the organisation (OpenID Connect)."""

from trellis.services.oidc.flow import Arrival, Departure, arrive, depart
from trellis.services.oidc.people import user_of
from trellis.services.oidc.registry import Options, Provider, buttons, provider, providers, remove, save
from trellis.services.oidc.testing import Finding, tested

__all__ = [
    "Arrival",
    "Departure",
    "Finding",
    "Options",
    "Provider",
    "arrive",
    "buttons",
    "depart",
    "provider",
    "providers",
    "remove",
    "save",
    "tested",
    "user_of",
]
