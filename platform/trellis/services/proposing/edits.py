"""What people change of a proposal before it becomes a draft."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.kernel.names import DOCUMENT_ID, RESERVED, is_key, is_keyword
from trellis.services.proposing.documents import Extras
from trellis.services.proposing.proposal import Proposal, ProposedColumn

UNTITLED = frozenset({"multiselect", "longtext"})


@dataclass(frozen=True)
class ColumnEdit:
    """One column as somebody wants it."""

    keep: bool
    label: str
    key: str
    type: str


@dataclass(frozen=True)
class Edits:
    """A proposal as somebody wants it; columns by their headers."""

    label: str
    plural: str
    name: str
    """The id without its namespace."""
    title: str = ""
    key: str = ""
    """The header of the column by which rows are recognised; empty: every row is a new record."""
    form: bool = True
    view: bool = True
    menu: bool = True
    columns: Mapping[str, ColumnEdit] = field(default_factory=dict)
    splits: tuple[str, ...] = ()
    """The headers whose groups become entities of their own."""

    @property
    def extras(self) -> Extras:
        return Extras(self.form, self.view, self.menu)


def edits_of(proposal: Proposal) -> Edits:
    """A proposal as it is, ready to be changed."""
    columns = {
        column.header: ColumnEdit(column.keep, column.label, column.key, column.type) for column in proposal.columns
    }
    name = proposal.id.partition(".")[2]
    key = proposal.key[0] if proposal.key else ""
    return Edits(proposal.label, proposal.plural, name, proposal.title, key, columns=columns)


def edited(proposal: Proposal, edits: Edits) -> Proposal:
    """The proposal with the changes; what it does not allow stays as it was."""
    columns = tuple(_column(column, edits) for column in proposal.columns)
    kept = {column.header: column for column in columns if column.keep}
    key = (edits.key,) if edits.key in kept and kept[edits.key].may_be_key else ()
    title = edits.title if edits.title in kept and kept[edits.title].type not in UNTITLED else ""
    return replace(
        proposal,
        id=f"x.{edits.name}",
        label=edits.label,
        plural=edits.plural or edits.label,
        title=title,
        key=key,
        columns=tuple(replace(item, unique=item.header in key, required=item.header in key) for item in columns),
    )


def _column(column: ProposedColumn, edits: Edits) -> ProposedColumn:
    wanted = edits.columns.get(column.header)
    if wanted is None:
        return column
    return replace(column.with_type(wanted.type), keep=wanted.keep, label=wanted.label, key=wanted.key)


def check(proposal: Proposal, taken: frozenset[str]) -> None:
    """Raises Invalid with everything that keeps an edited proposal from becoming documents; `taken` are ids."""
    errors = [*_whole(proposal, taken), *_columns(proposal)]
    if errors:
        raise Invalid(errors)


def _whole(proposal: Proposal, taken: frozenset[str]) -> Iterator[FieldError]:
    if not proposal.label:
        yield FieldError("label", "required", Message("Give the entity a name."))
    if not DOCUMENT_ID.match(proposal.id) or is_keyword(proposal.id.partition(".")[2]):
        yield FieldError("name", "key_shape", _KEY_SHAPE)
    elif proposal.id in taken:
        yield FieldError("name", "taken", Message("There is an entity “{id}” already.", {"id": proposal.id}))
    if not proposal.kept:
        yield FieldError("columns", "required", Message("Choose at least one column."))


_KEY_SHAPE = Message("A key has lower-case letters, digits and underscores, and begins with a letter.")


def _columns(proposal: Proposal) -> Iterator[FieldError]:
    seen: set[str] = set()
    for column in proposal.kept:
        place = f"columns/{column.header}"
        if not column.label:
            yield FieldError(f"{place}/label", "required", Message("Give the field a name."))
        if not is_key(column.key) or is_keyword(column.key):
            yield FieldError(f"{place}/key", "key_shape", _KEY_SHAPE)
        elif column.key in RESERVED:
            taken = Message("'{key}' is a field that the platform brings along.", {"key": column.key})
            yield FieldError(f"{place}/key", "key_reserved", taken)
        elif column.key in seen:
            yield FieldError(f"{place}/key", "taken", Message("Two fields have this key."))
        seen.add(column.key)
