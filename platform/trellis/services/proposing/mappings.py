"""A proposal as the mapping with which the same file is imported."""

from trellis.services.proposing.proposal import Proposal, ProposedColumn
from trellis.services.transfer.mapping import ColumnMapping, Mapping, Options


def mapping_of_proposal(proposal: Proposal, sheet: str = "", header: int | None = None) -> Mapping:
    """How the rows of the file become records of the proposed entity: recognised by the key, or every row a new one."""
    keys = tuple(column.key for column in proposal.kept if column.header in proposal.key)
    options = {"decimalMark": proposal.decimal_mark, "sheet": sheet or None, "header": header}
    return Mapping(
        entity=proposal.id,
        key=keys,
        columns={column.header: _column(column) for column in proposal.kept},
        options=Options.model_validate(options),
    )


def _column(column: ProposedColumn) -> ColumnMapping:
    found = column.lookup if column.type == "lookup" else None
    return ColumnMapping(
        field=column.key,
        values=dict(column.verdict.values),
        by=found.by if found else None,
        create=True if found and found.found < found.asked else None,
        format=column.verdict.format,
    )
