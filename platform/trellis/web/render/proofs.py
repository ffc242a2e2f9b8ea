"""A proof of access as a page shows it: the verdict, every rule with what decides it, what is missing, whom to ask."""

from dataclasses import dataclass

from trellis.engine.wording.rights import VERBS
from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.access.advice import Advice
from trellis.services.access.proofs import ActionProof, Condition, FieldProof, LevelProof, Proof, RuleProof
from trellis.services.access.wording import LEVELS, THEIRS, YOURS, level_words, reason, verdict
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.steps import StepLine, step_line


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition: its words (empty where they are not for the reader), whether it holds, and its parts."""

    text: str
    holds: bool | None
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: whether it holds, by which role, for which records, and why."""

    holds: bool | None
    role: str
    through: str
    scope: Message
    within: bool | None
    sharing: str
    facts: tuple[Message, ...]
    conditions: tuple[ConditionLine, ...]


@dataclass(frozen=True, slots=True)
class ActionBlock:
    """All rules for one action."""

    verb: Message
    allowed: bool | None
    rules: tuple[RuleLine, ...]


@dataclass(frozen=True, slots=True)
class LevelLine:
    """What a role says about the field."""

    role: str
    through: str
    level: Message
    upgrade: Message | None
    condition: ConditionLine | None


@dataclass(frozen=True, slots=True)
class FieldBlock:
    """How far the field is open, and by which roles."""

    label: str
    level: Message
    needed: Message
    enough: bool
    roles: tuple[LevelLine, ...]


@dataclass(frozen=True, slots=True)
class ProofView:
    """What `parts/proof.html` shows."""

    allowed: bool
    active: bool
    verdict: Message
    reason: Message | None
    record: str
    actions: tuple[ActionBlock, ...]
    field: FieldBlock | None
    roles: tuple[tuple[str, str], ...]
    advice: Advice


def proof_view(proof: Proof, advice: Advice, words: Snapshot, formats: LocaleFormats) -> ProofView:
    """The view of a proof for a reader."""
    scopes = YOURS if proof.subject.oneself else THEIRS

    def condition(found: Condition) -> ConditionLine:
        steps = tuple(step_line(one, formats) for one in found.steps)
        return ConditionLine(found.text.labelled if found.text else "", found.holds, steps)

    def rule(one: RuleProof) -> RuleLine:
        conditions = tuple(condition(part) for part in (one.when, one.where) if part is not None)
        through = " → ".join(one.role.through)
        return RuleLine(
            one.holds, one.role.label, through, scopes[one.scope], one.within, one.sharing or "", one.facts, conditions
        )

    def action(one: ActionProof) -> ActionBlock:
        return ActionBlock(VERBS[one.action], one.allowed, tuple(rule(found) for found in one.rules))

    def level(one: LevelProof) -> LevelLine:
        upgrade = None if one.upgrade is None else LEVELS[one.upgrade]
        where = condition(one.where) if one.where else None
        return LevelLine(
            one.role.label, " → ".join(one.role.through), level_words(one.level, reveal=one.reveal), upgrade, where
        )

    def field(one: FieldProof) -> FieldBlock:
        return FieldBlock(
            one.label, level_words(one.level, reveal=one.reveal), LEVELS[one.needed], one.enough,
            tuple(level(found) for found in one.roles),
        )  # fmt: skip

    return ProofView(
        proof.allowed, proof.subject.active, verdict(proof, words), reason(proof, words),
        (proof.record.title or proof.record.id) if proof.record else "",
        tuple(action(one) for one in proof.actions), field(proof.field) if proof.field else None,
        tuple((role.label, " → ".join(role.through)) for role in proof.roles), advice,
    )  # fmt: skip
