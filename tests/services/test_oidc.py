"""Signing in with a provider that the test starts, and that can be made to lie."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest

from tests.services.conftest import person
from tests.support.provider import CLIENT, SECRET, TestProvider, running_provider
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound, TrellisError, Unauthenticated
from trellis.services import accounts, oidc
from trellis.services.context import Context
from trellis.services.oidc import Arrival, Options, Provider
from trellis.services.oidc.people import verified_email, wanted_roles
from trellis.services.workspaces import OpenWorkspace
from trellis.storage import sealed

one_database = pytest.mark.parametrize("database_kind", ["sqlite"])
"""For what no database has a part in."""
BACK = "https://crm.example.com/login/oidc/corp/callback"


@dataclass
class Setting:
    """A workspace with a provider."""

    system: Context
    provider: TestProvider

    async def keep(self, **options: Any) -> None:
        new = Provider("corp", "Corp", self.provider.issuer, CLIENT, Options(**options), client_secret=SECRET)
        await oidc.save(self.system, new)

    async def arrival(self, **changes: str) -> Arrival:
        """A person goes to the provider, agrees and comes back."""
        departure = await oidc.depart(self.system, "corp", BACK, "/desk")
        answer = {**self.provider.agree(departure.url), **changes}
        return await oidc.arrive(self.system, "corp", departure.sealed, answer)

    async def user(self) -> str:
        return await oidc.user_of(self.system, await self.arrival())

    def wait(self, **time: float) -> None:
        cast(FixedClock, self.system.clock).advance(timedelta(**time))


@pytest.fixture
async def setting(home: OpenWorkspace) -> AsyncIterator[Setting]:
    async with running_provider(home.clock.now(), email="Ann@Example.com", name="Ann") as provider:
        home.outgoing = provider.outgoing()
        yield Setting(await home.context(), provider)


@one_database
async def test_who_comes_back_is_whom_the_provider_names(setting: Setting) -> None:
    await setting.keep()

    arrival = await setting.arrival()

    assert (arrival.claims["sub"], arrival.claims["email"], arrival.target) == ("sub-1", "Ann@Example.com", "/desk")
    assert setting.provider.asked == ["/.well-known/openid-configuration", "/keys", "/token"]
    await setting.arrival()
    assert setting.provider.asked.count("/keys") == 1


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "other"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "other"},
    "several audiences and no azp": {"aud": [CLIENT, "other"]},
    "another azp": {"aud": [CLIENT, "other"], "azp": "other"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": 1},
    "no end": {"exp": None},
    "from the future": {"iat": 4_000_000_000},
    "nobody": {"sub": ""},
    "a number": {"sub": 7},
    "a very long name": {"sub": "x" * 300},
}


@one_database
async def test_a_token_that_lies_is_refused(setting: Setting) -> None:
    await setting.keep()

    for lie in LIES.values():
        setting.provider.lies = lie
        with pytest.raises(Unauthenticated):
            await setting.arrival()


@one_database
async def test_a_token_signed_by_nobody_or_by_another_key_is_refused(setting: Setting) -> None:
    await setting.keep()

    setting.provider.unsigned = True
    with pytest.raises(Unauthenticated):
        await setting.arrival()
    setting.provider.unsigned, setting.provider.key = False, "unknown"
    with pytest.raises(Unauthenticated):
        await setting.arrival()


@one_database
async def test_a_new_key_of_the_provider_is_learned_but_not_asked_for_all_the_time(setting: Setting) -> None:
    await setting.keep()
    await setting.arrival()
    setting.provider.key, setting.provider.shown = "second", ("first", "second")

    with pytest.raises(Unauthenticated):
        await setting.arrival()
    setting.wait(seconds=61)
    await setting.arrival()

    assert setting.provider.asked.count("/keys") == 2


STRAY = (
    {"state": "other"}, {"state": ""}, {"code": ""}, {"code": "guessed"}, {"iss": "https://evil.example"}, {"error": "x"},
)  # fmt: skip


@one_database
async def test_an_answer_that_does_not_belong_to_the_journey_is_refused(setting: Setting) -> None:
    await setting.keep()

    for changes in STRAY:
        with pytest.raises(Unauthenticated):
            await setting.arrival(**changes)


async def test_a_code_works_once(setting: Setting) -> None:
    await setting.keep()
    departure = await oidc.depart(setting.system, "corp", BACK, "/")
    answer = setting.provider.agree(departure.url)
    await oidc.arrive(setting.system, "corp", departure.sealed, answer)

    with pytest.raises(Unauthenticated):
        await oidc.arrive(setting.system, "corp", departure.sealed, answer)


@one_database
async def test_a_journey_ends_after_ten_minutes_and_leads_to_its_own_provider_only(setting: Setting) -> None:
    await setting.keep()
    await oidc.save(setting.system, Provider("other", "Other", setting.provider.issuer, CLIENT, client_secret=SECRET))
    departure = await oidc.depart(setting.system, "corp", BACK, "/")
    answer = setting.provider.agree(departure.url)

    with pytest.raises(Unauthenticated):
        await oidc.arrive(setting.system, "other", departure.sealed, answer)
    with pytest.raises(Unauthenticated):
        await oidc.arrive(setting.system, "corp", "v1.0000000000.AAAA", answer)
    setting.wait(minutes=11)
    with pytest.raises(Unauthenticated):
        await oidc.arrive(setting.system, "corp", departure.sealed, answer)


async def test_a_user_with_the_verified_address_is_linked_and_found_again_by_subject(setting: Setting) -> None:
    await setting.keep()
    ann = await person(setting.system, "Ann")

    assert await setting.user() == ann.actor.id
    setting.provider.claims = {"email": "renamed@example.com", "email_verified": True}
    assert await setting.user() == ann.actor.id


@one_database
async def test_strangers_stay_outside(setting: Setting) -> None:
    await setting.keep()
    with pytest.raises(Unauthenticated):
        await setting.user()

    await person(setting.system, "Ann")
    for verified in (False, None, "true", 1):
        setting.provider.lies = {"email_verified": verified}
        with pytest.raises(Unauthenticated):
            await setting.user()
    setting.provider.lies = {}
    await setting.keep(link=False)
    with pytest.raises(Unauthenticated):
        await setting.user()
    await setting.keep(domains=("corp.example",), create=True)
    with pytest.raises(Unauthenticated):
        await setting.user()


@one_database
async def test_accounts_are_made_where_that_is_wanted(setting: Setting) -> None:
    await setting.keep(create=True, default_roles=("core.employee",), domains=("example.com",))

    user = await setting.user()

    assert await accounts.user_id(setting.system, "ann@example.com") == user
    assert await accounts.roles_of(setting.system, user) == {"core.employee"}
    assert await setting.user() == user


async def test_mapped_roles_follow_the_claim_at_each_sign_in_and_others_stay(setting: Setting) -> None:
    mapping = {"sellers": ("sales.rep",), "leads": ("sales.manager", "sales.rep")}
    await setting.keep(create=True, default_roles=("core.employee",), roles_claim="realm.groups", roles=mapping)
    setting.provider.claims["realm"] = {"groups": ["leads", "unknown"]}

    user = await setting.user()
    assert await accounts.roles_of(setting.system, user) == {"core.employee", "sales.manager", "sales.rep"}
    setting.provider.claims["realm"] = {"groups": ["sellers"]}
    await setting.user()
    assert await accounts.roles_of(setting.system, user) == {"core.employee", "sales.rep"}
    del setting.provider.claims["realm"]
    await setting.user()
    assert await accounts.roles_of(setting.system, user) == {"core.employee"}


@one_database
async def test_an_address_that_the_token_does_not_hold_is_asked_for(setting: Setting) -> None:
    await setting.keep()
    ann = await person(setting.system, "Ann")
    setting.provider.claims = {}
    setting.provider.more = {"userinfo_endpoint": f"{setting.provider.issuer}/userinfo"}
    setting.provider.told = {"sub": "other", "email": "ann@example.com", "email_verified": True}
    with pytest.raises(Unauthenticated):
        await setting.user()

    setting.provider.told["sub"] = "sub-1"

    assert await setting.user() == ann.actor.id


@one_database
async def test_a_provider_that_calls_itself_otherwise_is_refused(setting: Setting) -> None:
    setting.provider.more = {"issuer": "https://evil.example"}
    await setting.keep()

    with pytest.raises(TrellisError, match="evil"):
        await oidc.depart(setting.system, "corp", BACK, "/")
    (finding,) = await oidc.tested(setting.system, "corp")
    assert not finding.well


@one_database
async def test_a_look_at_a_sound_provider_says_so(setting: Setting) -> None:
    await setting.keep()

    assert all(finding.well for finding in await oidc.tested(setting.system, "corp"))


@one_database
async def test_providers_are_looked_after_by_who_administers_users(setting: Setting) -> None:
    bob = await person(setting.system, "Bob", "core.employee")
    for call in (
        oidc.providers(bob),
        oidc.remove(bob, "corp"),
        oidc.save(bob, Provider("x", "X", "https://x.example", "c")),
    ):
        with pytest.raises(Forbidden):
            await call

    await setting.keep()
    assert [one.label for one in await oidc.providers(setting.system)] == ["Corp"]
    assert await oidc.buttons(setting.system) == [("corp", "Corp")]
    await oidc.remove(setting.system, "corp")
    with pytest.raises(NotFound):
        await oidc.depart(setting.system, "corp", BACK, "/")


async def test_the_secret_is_sealed_and_stays_when_none_is_typed(setting: Setting) -> None:
    await setting.keep()
    await oidc.save(setting.system, Provider("corp", "New name", setting.provider.issuer, CLIENT))

    async with setting.system.database.read(setting.system.workspace) as connection:
        (kept,) = await sealed.sealed_texts(connection)
    assert SECRET not in kept.text
    await setting.arrival()


UNSOUND: tuple[tuple[dict[str, Any], str], ...] = (
    ({"id": "No"}, "id"), ({"label": ""}, "label"), ({"issuer": "http://far.example"}, "issuer"),
    ({"issuer": "https://user@far.example"}, "issuer"), ({"client_id": " "}, "client_id"),
    ({"options": Options(domains=("@x",))}, "domains"), ({"options": Options(default_roles=("x.y",))}, "default_roles"),
    ({"options": Options(roles={"a": ("x.y",)})}, "roles"),
)  # fmt: skip


@one_database
async def test_what_cannot_work_is_not_kept(setting: Setting) -> None:
    for changed, path in UNSOUND:
        values = {"id": "corp", "label": "Corp", "issuer": "https://far.example", "client_id": "c", **changed}
        with pytest.raises(Invalid) as caught:
            await oidc.save(setting.system, Provider(**values))
        assert [error.path for error in caught.value.errors] == [path]


def test_an_address_counts_only_when_it_is_verified() -> None:
    assert verified_email({"email": " A@B.c ", "email_verified": True}) == "a@b.c"
    assert verified_email({"email": "a@b.c"}) == ""
    assert verified_email({"email": ["a@b.c"], "email_verified": True}) == ""


def test_roles_of_claims_that_are_no_texts_are_none() -> None:
    options = Options(roles_claim="groups", roles={"a": ("x.a",)})

    for claims in ({}, {"groups": None}, {"groups": 7}, {"groups": [7, {}]}, {"groups": {"a": 1}}):
        assert wanted_roles(frozenset({"x.a", "x.b"}), options, claims) == {"x.b"}
    assert wanted_roles(frozenset(), options, {"groups": "a"}) == {"x.a"}


@one_database
async def test_an_account_that_cannot_be_made_is_a_polite_refusal(setting: Setting) -> None:
    await setting.keep(create=True)
    setting.provider.claims["email"] = "no address"

    with pytest.raises(Unauthenticated):
        await setting.user()
