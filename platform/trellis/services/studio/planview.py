"""A plan with everything that people need to know before they agree to it."""

from dataclasses import dataclass

from trellis.engine.wording import Impact, Worded
from trellis.kernel.errors import Finding
from trellis.metadata.identity import Question
from trellis.metadata.plan import Risk
from trellis.services.publishing import Planned
from trellis.services.studio.accesschange import AccessChange, Confirmation
from trellis.services.studio.accesscounts import Counts
from trellis.services.studio.clients import ClientUse
from trellis.services.studio.steps import Step, fingerprint


@dataclass(frozen=True, slots=True)
class Recompute:
    """Stored fields that are worked out anew in the background."""

    entity: str
    keys: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class PlanView:
    """A plan with everything that people need to know before they agree to it.

    `conflicts` are documents that somebody else has published since they were changed in the draft; `authors` are the
    people who changed something; `restored` is the release that is taken up again; `stamp` is that of the draft.
    """

    planned: Planned
    steps: tuple[Step, ...]
    words: tuple[Worded, ...]
    impact: Impact
    findings: tuple[Finding, ...] = ()
    conflicts: tuple[str, ...] = ()
    recompute: tuple[Recompute, ...] = ()
    authors: frozenset[str] = frozenset()
    restored: int | None = None
    four_eyes: bool = False
    stamp: int = 0
    access: AccessChange | None = None
    """What changes about rights; None where nothing does."""
    counts: Counts | None = None
    """By how many records, if that was asked for."""
    clients: tuple[ClientUse, ...] = ()
    """The programs that use what is removed, hidden, renamed or of another type."""

    @property
    def confirmations(self) -> tuple[Confirmation, ...]:
        """What has to be said to be meant."""
        return self.access.confirmations if self.access else ()

    @property
    def fingerprint(self) -> str:
        """What stands for this plan."""
        return fingerprint(self.planned.plan, self.steps)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What has to be answered first."""
        return self.planned.plan.questions

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return self.planned.plan.empty

    @property
    def risk(self) -> Risk:
        """The worst risk of any step."""
        return max((step.risk for step in self.steps), default=Risk.SAFE)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that have to go before anything can be published."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def blocked(self) -> bool:
        """Whether it cannot be published as it is."""
        return bool(self.empty or self.errors or self.questions or self.conflicts or self.risk is Risk.BLOCKED)

    @property
    def consents(self) -> tuple[Step, ...]:
        """What somebody has to agree to."""
        return tuple(step for step in self.steps if step.needs_consent)

    def needs_second(self, user: str) -> bool:
        """Whether somebody else than this person has to publish it."""
        return self.four_eyes and self.risk >= Risk.LOSSY and user in self.authors
