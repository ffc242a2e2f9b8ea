"""Who may do what, worked out from the words of the documents and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.support.company.people import People, User
from tests.support.company.records import DEAL, FIRM, Row
from tests.support.company.roles import Grant, Role, Share, Sharing


@dataclass(frozen=True)
class Oracle:
    """Everything there is."""

    people: People
    roles: dict[str, Role]
    sharings: list[Sharing]
    shares: list[Share]

    def may(self, user: User, action: str, row: Row) -> bool:
        """Whether one of the grants of one of the roles covers the record."""
        return any(
            self._covers(user, action, row, grant)
            for role in self.held(user)
            for grant in role.grants
            if (grant.entity, grant.action) == (row.entity, action)
        )

    def held(self, user: User) -> Iterator[Role]:
        """The roles with all they inherit."""
        for key in user.roles:
            role: Role | None = self.roles[key]
            while role is not None:
                yield role
                role = self.roles[role.inherits] if role.inherits else None

    def _covers(self, user: User, action: str, row: Row, grant: Grant) -> bool:
        if grant.where is not None and not grant.where.test(row, user):
            return False
        return any(self._in_scope(user, action, row, scope) for scope in grant.scopes)

    def _in_scope(self, user: User, action: str, row: Row, scope: str) -> bool:
        holder = row.holder
        owned = holder.entity in (FIRM, DEAL)
        owner = holder.owner if owned else row.maker
        team = holder.team if owned else self.people.users[row.maker].team
        match scope:
            case "all":
                return True
            case "own":
                return owner == user.number
            case "team":
                return team is not None and team == user.team
            case "teamTree":
                return user.team is not None and user.team in self.people.above(team)
            case "subordinates":
                return self.people.reports_to(owner, user.number)
        return self._shared(user, action, holder)

    def _shared(self, user: User, action: str, row: Row) -> bool:
        if any(share.whom_is(self, user) for share in self._of_row.get(row, ()) if action in share.share.actions):
            return True
        return any(
            sharing.entity == row.entity
            and (action in sharing.grant or action == "read")
            and self._concerns(sharing, user)
            and bool(sharing.where.test(row, user))
            for sharing in self.sharings
        )

    def _concerns(self, sharing: Sharing, user: User) -> bool:
        if sharing.team is None:
            return sharing.role in {role.id for role in self.held(user)}
        return sharing.team in self.people.above(user.team) if sharing.below else sharing.team == user.team

    @cached_property
    def _of_row(self) -> dict[Row, list["_Live"]]:
        found: dict[Row, list[_Live]] = {}
        for share in self.shares:
            if not share.over:
                found.setdefault(share.row, []).append(_Live(share))
        return found


@dataclass(frozen=True)
class _Live:
    """A share that still counts."""

    share: Share

    def whom_is(self, oracle: Oracle, user: User) -> bool:
        """Whether it is for the user."""
        match self.share.kind:
            case "u":
                return bool(self.share.whom == user.number)
            case "t":
                return bool(self.share.whom == user.team)
            case "b":
                return self.share.whom in oracle.people.above(user.team)
        return self.share.whom in {role.id for role in oracle.held(user)}
