"""The one way in: whatever proves who somebody is, what follows is decided and kept here."""

import secrets
from dataclasses import dataclass

from trellis.kernel.errors import SecretKeyMissing, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import audit
from trellis.services.accountlinks import CHANGE, new_link
from trellis.services.context import Context
from trellis.services.identities import actor_of, forget, hash_of, start_session
from trellis.storage import accountrows, accounts, people, sessions
from trellis.storage.people import USER

PASSWORD, LINK = "password", "link"
_BROWSER = "known_browser"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a request says of the browser: its name, the session that was in it, and the users it is known for."""

    agent: str = ""
    previous: str = ""
    known: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The user is in: the secrets for two cookies, of the session and of a browser that is known from now on."""

    user: str
    session: str
    known: str


@dataclass(frozen=True, slots=True)
class MustChange:
    """The password serves only to choose another; the secret of the link that lets one."""

    link: str


Outcome = SignedIn | MustChange


async def signed_in(context: Context, user_id: str, *, method: str, facts: Facts) -> Outcome:
    """What follows once it is known who somebody is; raises Unauthenticated for who may not come in."""
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, user_id)
        account = await accountrows.account_of(connection, user_id)
        credential = await accounts.credential_of(connection, user_id)
    if person is None or not person.active or account.kind == accountrows.SERVICE:
        raise Unauthenticated(Message("The email or the password is wrong."))
    if method == PASSWORD and credential is not None and credential.must_change:
        async with context.database.write(context.workspace) as connection:
            return MustChange(await new_link(context, connection, user_id, CHANGE))
    return await complete(context, user_id, method=method, facts=facts)


async def complete(context: Context, user_id: str, *, method: str, facts: Facts) -> SignedIn:
    """Let the user in: a new session in the place of the one that was in this browser."""
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, user_id)
    if person is None or not person.active:
        raise Unauthenticated
    inside = context.with_actor(actor_of(person, context))
    secret = await start_session(inside, user_id, facts.agent, method=method)
    async with context.database.write(context.workspace) as connection:
        if facts.previous:
            await sessions.end_session(connection, user_id, hash_of(facts.previous))
        await accountrows.mark_signed_in(connection, user_id, context.now())
        await audit.note(inside, connection, "sign_in.succeeded", entity=USER, record=user_id, method=method)
    forget(context.home)
    return SignedIn(user_id, secret, _known_for(context, user_id, facts.known))


def known_browser(context: Context, known: str, user_id: str) -> str | None:
    """What a browser is counted by in which this user was signed in before; None for all others."""
    for user, browser in _pairs(context, known):
        if user == user_id:
            return f"{user}:{browser}"
    return None


MOST_KNOWN = 5


def _known_for(context: Context, user_id: str, known: str) -> str:
    """The secret that a browser shows to be known: sealed, for the last few users of it."""
    others = [pair for pair in _pairs(context, known) if pair[0] != user_id]
    pairs = [(user_id, secrets.token_urlsafe(9)), *others][:MOST_KNOWN]
    return context.home.vault.seal(" ".join(f"{user}:{browser}" for user, browser in pairs), _BROWSER)


def _pairs(context: Context, known: str) -> list[tuple[str, str]]:
    if not known:
        return []
    try:
        text = context.home.vault.unseal(known, _BROWSER)
    except SecretKeyMissing:
        return []
    parted = (pair.partition(":") for pair in text.split())
    return [(user, browser) for user, _, browser in parted]
