"""The one way in: whatever proves who somebody is, what follows is decided and kept here."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from trellis.kernel.errors import Invalid, SecretKeyMissing, TooManyRequests, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import audit, second_factor
from trellis.services.accountlinks import CHANGE, link_of, new_link
from trellis.services.context import Context
from trellis.services.demands import is_strong
from trellis.services.identities import actor_of, forget, hash_of, start_session
from trellis.storage import accountlinks, accountrows, accounts, people, sessions
from trellis.storage.accountlinks import AccountLink
from trellis.storage.people import USER

PASSWORD, LINK = "password", "link"
CODE, CODE_LASTS = "code", timedelta(minutes=10)
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


@dataclass(frozen=True, slots=True)
class NeedsCode:
    """The user has a second factor: the secret with which the next page asks for it, and which is good for nothing else."""

    pending: str


Outcome = SignedIn | MustChange | NeedsCode


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
    if not is_strong(method) and await second_factor.is_on(context, user_id):
        return NeedsCode(await _pending(context, user_id, method))
    return await complete(context, user_id, method=method, facts=facts)


async def with_code(context: Context, pending: str, code: str, facts: Facts) -> SignedIn:
    """Let the user in who shows a code as well; raises Unauthenticated when it is too late, Invalid, TooManyRequests."""
    link = await link_of(context, pending)
    if link is None or link.kind != CODE:
        raise Unauthenticated(Message("This took too long. Sign in again."))
    try:
        means = await second_factor.check(context, link.user_id, code)
    except (Invalid, TooManyRequests):
        await audit.noted(context, "sign_in.failed", entity=USER, record=link.user_id, step="code")
        raise
    async with context.database.write(context.workspace) as connection:
        await accountlinks.use(connection, link.token_hash, context.now())
    return await complete(context, link.user_id, method=f"{link.created_by}+{means}", facts=facts)


async def raised(context: Context, means: str, facts: Facts) -> SignedIn:
    """A stronger session in the place of this one, after its user showed a code."""
    method = context.method.partition("+")[0] or PASSWORD
    return await complete(context, context.actor.id, method=f"{method}+{means}", facts=facts)


async def _pending(context: Context, user_id: str, method: str) -> str:
    """A link of its own kind keeps how the user came in so far."""
    secret, now = secrets.token_urlsafe(32), context.now()
    link = AccountLink(hash_of(secret), CODE, user_id, method, now, now + CODE_LASTS)
    async with context.database.write(context.workspace) as connection:
        await accountlinks.add(connection, link)
    return secret


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
            await sessions.end_session_with(connection, hash_of(facts.previous))
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
