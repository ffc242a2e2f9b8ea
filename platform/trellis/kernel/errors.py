"""Everything that can go wrong in the product's own words; the docstring of a class is its default sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from trellis.kernel.messages import Message


class TrellisError(Exception):
    """Something went wrong."""

    code = "internal"

    def __init__(self, message: Message | None = None) -> None:
        self.message = message or Message(type(self).__doc__ or "")
        super().__init__(str(self.message))


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one input: `path` is the field key ('' for the record as a whole).

    `records` are others that are concerned; None stands for one that whoever asks may not see.
    """

    path: str
    code: str
    message: Message
    records: tuple[str | None, ...] = ()


class Invalid(TrellisError):
    """Some values are not valid."""

    code = "invalid"

    def __init__(self, errors: Iterable[FieldError], message: Message | None = None) -> None:
        self.errors = tuple(errors)
        super().__init__(message)

    def __str__(self) -> str:
        return "; ".join([str(self.message), *(f"{error.path}: {error.message}" for error in self.errors[:5])])


class Warned(TrellisError):
    """Look again before this is saved."""

    code = "warned"

    def __init__(self, warnings: Iterable[FieldError], message: Message | None = None) -> None:
        self.warnings = tuple(warnings)
        super().__init__(message)

    @property
    def fingerprint(self) -> str:
        """What stands for exactly these warnings when somebody says: save anyway."""
        said = [(found.path, found.code, str(found.message), found.records) for found in self.warnings]
        return sha256(repr(said).encode()).hexdigest()


class BadRequest(TrellisError):
    """The request cannot be understood."""

    code = "bad_request"


class Unauthenticated(TrellisError):
    """Sign in first."""

    code = "unauthenticated"


class SecondFactorOwed(Unauthenticated):
    """One of your roles demands a second factor. Set it up first."""

    code = "second_factor_owed"


class Forbidden(TrellisError):
    """You have no right to do this."""

    code = "forbidden"

    def __init__(self, message: Message | None = None, advice: Iterable[Message] = ()) -> None:
        self.advice = tuple(advice)
        self.about: tuple[str, str | None, str] | None = None
        """The entity, the record and the action that were refused, where that can be looked up."""
        self.locale = ""
        """The language of the names in the message, where it has some."""
        super().__init__(message)


class NotFound(TrellisError):
    """There is nothing here, or you may not see it."""

    code = "not_found"


class VersionConflict(TrellisError):
    """The record was changed in the meantime."""

    code = "version_conflict"

    def __init__(self, current: int | None = None) -> None:
        self.current = current
        super().__init__()


class Conflict(VersionConflict):
    """Somebody else changed this in the meantime. Nothing of theirs was overwritten."""

    code = "conflict"

    def __init__(self, current: int, by: str = "", at: datetime | None = None) -> None:
        self.by, self.at = by, at
        super().__init__(current)


class PreconditionRequired(TrellisError):
    """Say which version of the record you are changing."""

    code = "precondition_required"


class IdempotencyConflict(TrellisError):
    """This Idempotency-Key was used for a different request."""

    code = "idempotency_conflict"


class InUse(TrellisError):
    """Other records still need this one."""

    code = "in_use"


class TooManyRequests(TrellisError):
    """Too many tries. Wait a little."""

    code = "too_many_requests"

    def __init__(self, message: Message | None = None, *, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Unavailable(TrellisError):
    """The server is busy. Nothing was changed; try again."""

    code = "unavailable"


class SecretKeyMissing(TrellisError):
    """A secret cannot be read: its key is missing."""

    code = "secret_key_missing"


class OutgoingRefused(TrellisError):
    """This address may not be called from here."""

    code = "outgoing_refused"


class OutgoingFailed(TrellisError):
    """The other server did not answer as it should."""

    code = "outgoing_failed"


class StaleRelease(TrellisError):
    """The definitions changed while this was running."""

    code = "stale_release"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect of the metadata, with the place where it stands."""

    code: str
    message: Message
    document: str = ""
    pointer: str = ""
    hint: Message | None = None
    file: str = ""
    severity: str = "error"
    span: tuple[int, int] | None = None


class InvalidMetadata(TrellisError):
    """The metadata has defects."""

    code = "invalid_metadata"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        many = Message("The metadata has {count} defects.", {"count": count})
        super().__init__(Message("The metadata has 1 defect.") if count == 1 else many)

    def __str__(self) -> str:
        places = (f"{found.document}#{found.pointer}: {found.message}" for found in self.findings[:5])
        return "; ".join([str(self.message), *places])
