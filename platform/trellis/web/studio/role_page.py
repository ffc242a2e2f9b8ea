"""What the pages of roles show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.services.studio.rolebounds import factor_askers, givers, right_allowed, second_factor_asked
from trellis.services.studio.roleedits import ACTIONS, EXPORT, LIMIT, MAIN, SCOPES, SYSTEM, YES, Action, RoleInput
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import formats_of
from trellis.web.studio.editing import Refusal
from trellis.web.studio.languages import TextInputs, text_inputs
from trellis.web.studio.onedocument import Standing, standing_of
from trellis.web.studio.people import name_of_user
from trellis.web.studio.role_rights import Desk, MatrixRow, Panel
from trellis.web.studio.role_words import action_word, right_words, scope_help, scope_word

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoleTyped:
    """What the form holds: read from the document, or posted and refused."""

    given: RoleInput
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role in the list."""

    id: str
    label: str
    description: str
    own: bool
    changed: bool
    people: int
    inherits: tuple[str, ...]


@dataclass(frozen=True)
class RolesPage:
    """All roles."""

    roles: tuple[RoleLine, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """A right that belongs to no entity: given or not, and by which roles besides."""

    value: str
    label: Message
    help: Message | None
    chosen: bool
    allowed: bool
    through: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """How much may be exported at once: `` (nothing), `limited` with a number, `yes`."""

    choice: str
    limit: str
    limited: bool
    unlimited: bool
    through: tuple[str, ...]
    error: Message | None


@dataclass(frozen=True, slots=True)
class Factor:
    """Whether people with the role need a second factor to sign in, and which other roles ask for one."""

    asked: bool
    allowed: bool
    through: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Another document that the role names, or could."""

    value: str
    label: str
    chosen: bool
    allowed: bool = True


@dataclass(frozen=True)
class RolePage:
    """The editor of one role."""

    id: str
    head: Standing
    label: str
    given: RoleInput
    texts: TextInputs
    people: int
    may_see_people: bool
    actions: tuple[tuple[Action, Message], ...]
    scopes: tuple[tuple[str, Message, Message], ...]
    matrix: tuple[MatrixRow, ...]
    panel: Panel | None
    export: Export
    system: tuple[Switch, ...]
    factor: Factor
    inherits: tuple[Choice, ...]
    navigation: tuple[Choice, ...]
    findings: tuple[Finding, ...]
    refusal: Refusal | None
    who: str


async def roles_page_of(request: Asked, context: Context, draft: Draft) -> RolesPage:
    """The list of roles."""
    words = draft.merged.snapshot.localised(locale_of(request, context))
    people = await accounts.holders(context)
    return RolesPage(tuple(_line(draft, words, key, people) for key in words.roles))


async def role_page_of(request: Asked, context: Context, draft: Draft, raw: Raw, typed: RoleTyped) -> RolePage:
    """The editor of a role with what was typed; the fields of one entity at a time."""
    words = draft.merged.snapshot.localised(locale_of(request, context))
    below, given = draft.below(raw["id"]), typed.given
    conflict = typed.refusal.conflict if typed.refusal else None
    named = words.documents.get(raw["id"])
    wrong = _wrong(typed.refusal, draft, raw["id"])
    desk = Desk(words, formats_of(request, context), raw, below, given, wrong)
    opened = request.query_params.get("entity") or next(iter(typed.texts.get("opened", ())), "")
    return RolePage(
        id=raw["id"],
        head=standing_of(draft, raw["id"]),
        label=(named.label if named else "") or raw.get("label", ""),
        given=given,
        texts=text_inputs(draft, raw["id"], typed.texts),
        people=(await accounts.holders(context)).get(raw["id"], 0),
        may_see_people=context.access.system("users"),
        actions=tuple((action, action_word(action)) for action in ACTIONS if action.name in MAIN),
        scopes=tuple((scope, scope_word(scope), scope_help(scope)) for scope in SCOPES),
        matrix=tuple(desk.matrix(opened)),
        panel=desk.panel(opened),
        export=_export(words, raw, below, given, wrong),
        system=tuple(_system(words, raw, below, given)),
        factor=_factor(words, raw, below, given),
        inherits=tuple(
            Choice(role.id, role.label, role.id in given.inherits, below is None)
            for role in words.roles.values()
            if role.id != raw["id"]
        ),
        navigation=tuple(
            Choice(menu.id, menu.label, menu.id in given.navigation) for menu in words.navigations.values()
        ),
        findings=draft.findings(raw["id"]),
        refusal=typed.refusal,
        who=await name_of_user(context, conflict.by) if conflict else "",
    )


def _system(words: Snapshot, raw: Raw, below: Raw | None, given: RoleInput) -> Iterator[Switch]:
    """The rights that belong to no entity."""
    for right in SYSTEM:
        label, text = right_words(right)
        held = right in given.system
        through = _labels(words, givers(words, raw["id"], right))
        yield Switch(right, label, text, held, held or right_allowed(below, right), through)


def _export(words: Snapshot, raw: Raw, below: Raw | None, given: RoleInput, wrong: Mapping[str, Message]) -> Export:
    choice = "limited" if given.export.startswith(LIMIT) else given.export
    return Export(
        choice, given.export.removeprefix(LIMIT) if choice == "limited" else "",
        choice == "limited" or right_allowed(below, EXPORT, f"{LIMIT}1"), choice == YES or right_allowed(below, EXPORT),
        _labels(words, givers(words, raw["id"], EXPORT)), wrong.get(f"/system/{EXPORT}"),
    )  # fmt: skip


def _factor(words: Snapshot, raw: Raw, below: Raw | None, given: RoleInput) -> Factor:
    through = _labels(words, factor_askers(words, raw["id"]))
    return Factor(given.second_factor, not second_factor_asked(below), through)


def _labels(words: Snapshot, roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(words.roles[role].label for role in roles)


def _line(draft: Draft, words: Snapshot, key: str, people: Mapping[str, int]) -> RoleLine:
    role, below = words.roles[key], draft.below(key)
    inherits = tuple(words.roles[other].label for other in role.inherits if other in words.roles)
    changed = below is not None and below != draft.raw(key)
    return RoleLine(key, role.label, role.description, below is None, changed, people.get(key, 0), inherits)


def _wrong(refusal: Refusal | None, draft: Draft, document: str) -> Mapping[str, Message]:
    """What is wrong by place: why nothing was saved, else what the checks say."""
    found: Sequence[Finding] = refusal.findings if refusal else draft.findings(document)
    return {item.pointer: item.message for item in found}
