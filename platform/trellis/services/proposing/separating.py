"""Making an entity of their own for columns that repeat what belongs to somebody else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from trellis.kernel.messages import Message
from trellis.services.proposing import words
from trellis.services.proposing.naming import key_from
from trellis.services.proposing.proposal import Lookup, Proposal, ProposedColumn, Split, Verdict


@dataclass(frozen=True)
class Separated:
    """The entity for the rows, and those of which each row names one record."""

    rows: Proposal
    parts: tuple[Proposal, ...] = ()


def separated(proposal: Proposal, wanted: Collection[str], taken: Collection[str]) -> Separated:
    """The proposal with the wanted groups in entities of their own; `wanted` are the headers that decide a group.

    `taken` are the names, without their namespace, that no entity may have.
    """
    rows, parts = proposal, []
    names = {*taken, proposal.id.partition(".")[2]}
    for split in proposal.splits:
        by = rows.column(split.by)
        if split.by in wanted and by is not None and by.keep:
            part = _part(rows, split, by, key_from(split.label, names, "table"))
            names.add(part.id.partition(".")[2])
            parts.append(part)
            rows = _pointing(rows, split, by, part)
    return Separated(rows, tuple(parts))


def _part(proposal: Proposal, split: Split, by: ProposedColumn, name: str) -> Proposal:
    own = [_as_name(column) for column in proposal.kept if column.header in split.columns]
    named = [column.header for column in own if words.says(column.header, words.NAME) and column.type == "text"]
    return Proposal(
        id=f"x.{name}",
        label=split.label,
        plural=split.plural,
        columns=(replace(by, unique=True, required=True), *own),
        title=named[0] if named else by.header,
        key=(by.header,),
        rows=split.records,
        decimal_mark=proposal.decimal_mark,
    )


def _as_name(column: ProposedColumn) -> ProposedColumn:
    """Names that come again and again in the rows are those of one record each here."""
    return column.with_type("text") if words.says(column.header, words.NAME) else column


def _pointing(proposal: Proposal, split: Split, by: ProposedColumn, part: Proposal) -> Proposal:
    """The rows with a link in the place of the group."""
    others = {column.key for column in proposal.kept if column.header not in (*split.columns, split.by)}
    lookup = Lookup(
        part.id, part.label, by.key, 0, part.rows
    )  # nothing is there: an import of the rows alone makes them
    why = Message("Each row names one record of {entity}.", {"entity": part.label})
    link = replace(
        by,
        key=key_from(part.id.partition(".")[2], others, "field"),
        label=part.label,
        verdict=Verdict("lookup", 1.0, (why,), {"target": part.id}),
        alternatives=(),
        lookup=lookup,
    )
    columns = [_replaced(column, split.columns, link) for column in proposal.columns]
    title = proposal.title if proposal.title not in (*split.columns, split.by) else ""
    return replace(proposal, columns=tuple(columns), title=title)


def _replaced(column: ProposedColumn, gone: Sequence[str], link: ProposedColumn) -> ProposedColumn:
    if column.header == link.header:
        return link
    return replace(column, keep=False) if column.header in gone else column
