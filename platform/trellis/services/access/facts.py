"""The facts that decide rules, in words: whose a record is, who reports to whom, by whom it was shared, what it holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trellis.engine.access import Rule
from trellis.engine.access.inheritance import came_by
from trellis.engine.access.rules import parts_of_sharing
from trellis.engine.disclosure import revealing
from trellis.engine.expr.nodes import Expression
from trellis.engine.expr.trace import trace
from trellis.engine.known import Known
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level, Sharing
from trellis.services.access.looking import TEAM, USER, Looked, Names, look, names
from trellis.services.access.proofs import Condition, RoleHeld
from trellis.services.access.sharewords import ShareWords
from trellis.services.access.wording import YOU
from trellis.services.context import Context
from trellis.services.explanations import Place, Step, Text
from trellis.services.sight import Sight, part, wording
from trellis.storage.explaining_access import ShareSeen, managers, shares


@dataclass(frozen=True)
class Facts:
    """What decides the rights of a person (`subject`) on one record, as far as the asker (`context`) may know."""

    context: Context
    subject: Context
    entity: str
    looked: Looked | None = None
    people: Names = field(default_factory=dict)
    teams: Names = field(default_factory=dict)
    above: tuple[str, ...] = ()
    """Everybody to whom the owner reports, the nearest first."""
    shared: tuple[ShareSeen, ...] = ()

    @classmethod
    async def of(cls, context: Context, subject: Context, entity: str, record: str) -> "Facts":
        """The facts about a record; without `looked` when there is none for the asker."""
        return cls(context, subject, entity, await look(context, entity, record))

    async def gathered(self, rules: Sequence[Rule], *, sight: bool, more: Sequence[Expression] = ()) -> "Facts":
        """With all that the rules ask for; `sight`: with the values that their conditions, and `more` of them, read."""
        if self.looked is None:
            return self
        looked, scopes = self.looked, {rule.scope for rule in rules}
        async with self.context.database.read(self.context.workspace) as connection:
            above = await managers(connection, looked.owner) if "subordinates" in scopes and looked.owner else ()
            wanted = self.subject.grantees() if "shared" in scopes and looked.whole else ()
            found = await shares(connection, looked.ways.about, looked.whole, wanted) if wanted else ()
        conditions = [*more, *(one for rule in rules for one in _conditions(rule))]
        if sight and conditions:
            paths = sorted({path.key for one in conditions for path in one.paths})
            looked = replace(looked, sight=await Sight.of(self.context, self.entity, looked.place.id, "id", paths))
        teams = {team for team in (self.subject.actor.team, looked.team) if team}
        teams |= {share.grantee[2:] for share in found if share.grantee[0] in "tb"}
        people = {*above, *(share.by for share in found)} - {""}
        return replace(
            self, looked=looked, above=above, shared=found,
            people=await names(self.context, USER, people), teams=await names(self.context, TEAM, teams),
        )  # fmt: skip

    @property
    def record(self) -> Place | None:
        """The record, if there is one for the asker."""
        return self.looked.place if self.looked else None

    @property
    def person(self) -> object:
        """How the person is called."""
        return YOU if self._oneself else self.subject.actor.name

    @property
    def _oneself(self) -> bool:
        return self.subject.actor.id == self.context.actor.id

    def role(self, role: str) -> RoleHeld:
        """A role of the person, with how it was come by."""
        words = self.context.snapshot.localised(self.context.locale).roles
        through = came_by(self.subject.access.rights).get(role, ())
        return RoleHeld(role, words[role].label if role in words else role, tuple(words[one].label for one in through))

    def caption(self, key: str) -> str:
        """The label of a field."""
        found = self.context.snapshot.localised(self.context.locale).entity(self.entity).field(key)
        return found.caption if found else key

    def sharing(self, sharing: str | None) -> str | None:
        """The label of a document that shares records."""
        if sharing is None:
            return None
        found = self.context.snapshot.localised(self.context.locale).of_kind(Sharing).get(sharing)
        return (found.label if found else None) or sharing

    def about(self, rule: Rule, within: bool | None) -> tuple[Message, ...]:
        """Why a record is within the scope of a rule, or not."""
        if self.looked is None or rule.scope == "all":
            return ()
        match rule.scope:
            case "own":
                return (self._belongs(self.looked, within),)
            case "team" | "teamTree":
                return (self._team(self.looked), self._own_team())
            case "subordinates":
                return (self._belongs(self.looked, False), *self._line(self.looked, within))
        if rule.sharing is None:
            return tuple(self._share_words().told(self.shared, rule.action))
        return ()

    def _belongs(self, looked: Looked, own: bool | None) -> Message:
        if looked.owner_name:
            created = looked.ways.owner == "created_by"
            text = "It was created by {owner}." if created else "It belongs to {owner}."
            return Message(text, {"owner": looked.owner_name})
        if own:
            return Message("It belongs to {owner}.", {"owner": self.person})
        return Message("It belongs to somebody else, or to nobody.")

    def _team(self, looked: Looked) -> Message:
        if looked.team_name:
            return Message("It is a record of the team {team}.", {"team": looked.team_name})
        return Message("It is a record of another team, or of none.")

    def _own_team(self) -> Message:
        team = self.teams.get(self.subject.actor.team or "")
        if self._oneself:
            return Message("You are in the team {team}.", {"team": team}) if team else Message("You are in no team.")
        who = {"person": self.person, "team": team}
        if team:
            return Message("{person} is in the team {team}.", who)
        return Message("{person} is in no team that you may see.", who)

    def _line(self, looked: Looked, within: bool | None) -> Iterator[Message]:
        if not looked.owner_name:
            return
        who = {"owner": looked.owner_name, "person": self.person}
        if not within:
            yield Message("{owner} does not report to {person}.", who)
            return
        between = self.above[: self.above.index(self.subject.actor.id)] if self.subject.actor.id in self.above else ()
        chain = " → ".join(self.people.get(one, "?") for one in between)
        if chain:
            yield Message("{owner} reports to {person} through {chain}.", {**who, "chain": chain})
        else:
            yield Message("{owner} reports to {person}.", who)

    def _share_words(self) -> ShareWords:
        words, zone = self.context.snapshot.localised(self.context.locale), self.context.preferences.zone
        return ShareWords(words, self.person, self.people, self.teams, self.context.now(), zone)

    def condition(self, expression: Expression, holds: bool | None) -> Condition:
        """A condition in words with the values that it read, as far as the asker may know them."""
        if not all(self._knows(path.key) for path in expression.paths):
            return Condition(None, holds)
        words = self.context.snapshot.localised(self.context.locale)
        return Condition(wording(words, expression), holds, tuple(self._steps(expression)))

    def _knows(self, path: str) -> bool:
        steps = path.split(".")
        for number in range(1, len(steps) + 1):
            found = self.context.snapshot.field_at(self.entity, ".".join(steps[:number]))
            if found is None or self.context.access.highest(found.entity, found.key) < Level.MASKED:
                return False
        return True

    def _steps(self, expression: Expression) -> Iterator[Step]:
        sight = self.looked.sight if self.looked else None
        if sight is None:
            return
        known: Mapping[str, object] = Known({**self.subject.parameters(), "record.exists": True, **sight.known})
        shown = {path.key: sight.shown(path.key) for path in expression.paths}
        secret = revealing(expression, [key for key, one in shown.items() if one.hidden or one.masked])
        for step in trace(expression, known):
            if step.span not in secret:
                text = Text(step.source, part(sight.words, expression, step.span))
                yield Step(text, step.type, step.value, step.depth, step.used, step.failed)


def _conditions(rule: Rule) -> Iterator[Expression]:
    if rule.narrowed is not None:
        yield rule.narrowed
    if rule.sharing is not None and rule.within is not None:
        yield parts_of_sharing(rule.within)[1]
