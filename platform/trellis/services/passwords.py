"""Hashes of passwords (Argon2id, RFC 9106), made in a thread and few at a time: each takes 64 MiB and a quarter second."""

import re
from collections.abc import Iterable

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.services.commonpasswords import is_common

AT_ONCE = 2
SHORTEST, LONGEST = 12, 200
SHORTEST_NAME = 4

_hasher = PasswordHasher()
_nobody = "$argon2id$v=19$m=65536,t=3,p=4$k6oFrwOs8AfQ7YKW1JmBHQ$AHo4tNeYgndt5n8gd3j6bz9mlHBu1UONQxcbMZ9GnwU"
_turns: RunVar[anyio.CapacityLimiter] = RunVar("password hashes at once")


def check_password(password: str, *, shortest: int = SHORTEST, about: Iterable[str] = ()) -> None:
    """Raises Invalid for a password that may not be chosen: too short, common, or made of what is known of its user.

    Which kinds of characters it has is nobody's business (NIST SP 800-63B, 5.1.1.2). `about` are names and addresses.
    """
    if len(password) < shortest:
        raise _invalid("too_short", Message("A password has at least {min} characters.", {"min": shortest}))
    if len(password) > LONGEST:
        raise _invalid("too_long", Message("A password has at most {max} characters.", {"max": LONGEST}))
    if _is_known(password, about):
        raise _invalid("personal", Message("A password must not be made of your name or your address."))
    if is_common(password):
        raise _invalid("common", Message("This password is one of the first that guessers try. Choose another one."))


def _is_known(password: str, about: Iterable[str]) -> bool:
    """Whether hardly anything is left once names and parts of addresses are taken away."""
    left = password.casefold()
    parts = {part for text in about for part in (text.casefold(), *re.split(r"[\W_]+", text.casefold()))}
    for part in sorted((part for part in parts if len(part) >= SHORTEST_NAME), key=len, reverse=True):
        left = left.replace(part, "")
    letters = re.sub(r"[\W\d_]+", "", left)
    return left != password.casefold() and len(letters) < SHORTEST_NAME


async def hashed(password: str) -> str:
    """The hash to keep."""
    return await anyio.to_thread.run_sync(_hasher.hash, password, limiter=_limiter())


async def fits(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; takes as long when there is none, so that nobody learns who has an account."""
    right = await anyio.to_thread.run_sync(_verify, password_hash or _nobody, password[:LONGEST], limiter=_limiter())
    return right and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than would be used now."""
    return _hasher.check_needs_rehash(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def _limiter() -> anyio.CapacityLimiter:
    try:
        return _turns.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(AT_ONCE)
        _turns.set(limiter)
        return limiter


def _invalid(code: str, message: Message) -> Invalid:
    return Invalid([FieldError("password", code, message)])
