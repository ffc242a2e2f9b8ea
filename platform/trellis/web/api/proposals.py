"""An entity proposed for a file, for those who may change definitions and import."""

from typing import Any

from litestar import post
from litestar.datastructures import UploadFile
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message, Translate
from trellis.services.proposing.documents import documents
from trellis.services.proposing.mappings import mapping_of_proposal
from trellis.services.proposing.proposal import Lookup, Proposal, ProposedColumn
from trellis.services.studio import spreadsheet
from trellis.services.transfer.reading import Table
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.parameters import parameters
from trellis.web.api.problems import UnsupportedMediaType
from trellis.web.http import context_of, in_their_language, pieces_of, translate_for


@post("/metadata/proposals", status_code=200)
async def propose_entity(request: Asked) -> ASGIResponse:
    """The entity that a file would become, as documents and with reasons; nothing is kept."""
    context = await context_of(request)
    context = in_their_language(request, context)
    parameters(request.scope["query_string"], ())
    spreadsheet.require(context)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnsupportedMediaType
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise BadRequest(Message("Send a file as the part “{name}”.", {"name": "file"}))
    table, proposal = await spreadsheet.propose_only(context, file.filename, pieces_of(file))
    return json_answer(encode(proposal_body(proposal, table, translate_for(request, context))))


def proposal_body(proposal: Proposal, table: Table, translate: Translate) -> dict[str, Any]:
    """A proposal as the API tells it."""
    mapping = mapping_of_proposal(proposal, table.sheet, table.header)
    return {
        "id": proposal.id,
        "label": proposal.label,
        "title": proposal.title or None,
        "key": list(proposal.key),
        "rows": proposal.rows,
        "notes": [note.translated(translate) for note in proposal.notes],
        "columns": [_column(column, translate) for column in proposal.columns],
        "documents": documents(proposal, translate),
        "mapping": mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }


def _column(column: ProposedColumn, translate: Translate) -> dict[str, Any]:
    return {
        "header": column.header,
        "key": column.key,
        "label": column.label,
        "keep": column.keep,
        "type": column.type,
        "confidence": round(column.confidence, 2),
        "reasons": [reason.translated(translate) for reason in column.verdict.reasons],
        "alternatives": [
            {"type": verdict.type, "confidence": round(verdict.confidence, 2)}
            for verdict in column.choices()
            if verdict is not column.verdict
        ],
        "samples": list(column.samples),
        "blanks": column.blanks,
        "distinct": column.distinct,
        "more": column.more,
        "lookup": _lookup(column.lookup) if column.lookup else None,
    }


def _lookup(lookup: Lookup) -> dict[str, Any]:
    return {"entity": lookup.entity, "by": lookup.by, "found": lookup.found, "asked": lookup.asked}
