from types import SimpleNamespace
from typing import Any, cast

import pytest

from trellis.metadata.documents import Role
from trellis.services.context import Release
from trellis.services.demands import demanding_roles, demands_second_factor, is_strong


def release(*roles: dict[str, Any]) -> Release:
    found = {role["id"]: Role.model_validate({"kind": "role", "label": "R", **role}) for role in roles}
    return cast(Release, SimpleNamespace(snapshot=SimpleNamespace(roles=found), derived={}))


STRICT = {"id": "x.strict", "signIn": {"secondFactor": True}}


def test_roles_that_inherit_the_demand_demand_it_too() -> None:
    known = release(
        STRICT,
        {"id": "x.below", "inherits": ["x.middle"]},
        {"id": "x.middle", "inherits": ["x.strict"]},
        {"id": "x.free"},
    )

    assert demanding_roles(known) == {"x.strict", "x.middle", "x.below"}
    assert demands_second_factor(known, ["x.free", "x.below"])
    assert not demands_second_factor(known, ["x.free", "x.unknown"])
    assert not demands_second_factor(known, [])


def test_circles_and_missing_roles_end() -> None:
    known = release({"id": "x.a", "inherits": ["x.b"]}, {"id": "x.b", "inherits": ["x.a", "x.gone"]})

    assert demanding_roles(known) == frozenset()


@pytest.mark.parametrize("method", ["password+totp", "oidc:corp+recovery", "oidc:corp+provider", "command"])
def test_ways_with_something_on_top_are_strong(method: str) -> None:
    assert is_strong(method)


@pytest.mark.parametrize("method", ["", "password", "link", "oidc:corp", "impersonation"])
def test_ways_with_one_proof_are_not(method: str) -> None:
    assert not is_strong(method)
