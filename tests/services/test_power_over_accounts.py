"""Whoever manages users does not become more powerful by it: nobody gives or takes over what they do not have."""

import copy

import pytest

from tests.services.conftest import person
from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import Forbidden
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import accounts, lifecycle, resets, second_factor
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.workspaces import OpenWorkspace

pytestmark = pytest.mark.anyio
CLERK = {
    "kind": "role", "id": "x.clerk", "label": "Clerk", "inherits": ["core.employee"], "system": {"users": True},
}  # fmt: skip


@pytest.fixture
async def clerk(home: OpenWorkspace) -> Context:
    """Somebody who manages users and nothing else."""
    documents = [*map(copy.deepcopy, load_folder(packs_folder()).documents), CLERK]
    await install_packs(home.database, home.workspace, documents, home.clock, actor=SYSTEM, note="clerk")
    await home.refresh()
    return await person(await home.context(), "Clara", "x.clerk")


async def test_a_clerk_makes_nobody_an_administrator(clerk: Context) -> None:
    rep = await accounts.create_user(clerk, email="rep@example.com", name="Rep", roles=["sales.rep"])
    with pytest.raises(Forbidden):
        await accounts.create_user(clerk, email="boss@example.com", name="Boss", roles=["core.admin"])
    for user in (rep, clerk.actor.id):
        with pytest.raises(Forbidden):
            await accounts.assign_roles(clerk, user, ["x.clerk", "core.admin"])

    await accounts.assign_roles(clerk, rep, ["sales.rep", "sales.support"])
    assert await accounts.roles_of(clerk, rep) == {"sales.rep", "sales.support"}


async def test_a_clerk_does_not_take_over_the_account_of_an_administrator(clerk: Context) -> None:
    system = clerk.as_system()
    boss = await accounts.create_user(
        system, email="boss@example.com", name="Boss", password="violet harbour 41 lanterns", roles=["core.admin"]
    )
    with pytest.raises(Forbidden) as refused:
        await accounts.set_password(clerk, boss, "amber harbour 41 lanterns")
    assert "act for others, import, install packs" in str(refused.value.message)
    with pytest.raises(Forbidden):
        await accounts.assign_roles(clerk, boss, [])
    with pytest.raises(Forbidden):
        await resets.reset_link(clerk, boss)
    with pytest.raises(Forbidden):
        await second_factor.reset(clerk, boss)
    with pytest.raises(Forbidden):
        await lifecycle.change(clerk, boss, {"email": "clara@example.com"})

    assert await accounts.roles_of(clerk, boss) == {"core.admin"}
