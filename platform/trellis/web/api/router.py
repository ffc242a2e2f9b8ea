"""The API as one router."""

from litestar import Router

from trellis.web.api import (
    account,
    batch,
    decisions,
    drafts,
    explanations,
    exports,
    expressions,
    metadata,
    openapi,
    plans,
    proposals,
    putaside,
    records,
    usage,
)

PREFIX = "/api/v1"


def api_router() -> Router:
    """All endpoints under /api/v1; they describe themselves, so they stay out of the framework's own description."""
    handlers = [
        records.list_records,
        records.create_record,
        records.read_record,
        records.update_record,
        records.delete_record,
        records.restore_record,
        records.read_history,
        explanations.explain_value,
        batch.run_batch,
        exports.export_records,
        expressions.check_expression,
        expressions.complete_expression,
        metadata.list_entities,
        metadata.read_entity,
        metadata.read_form,
        metadata.list_views,
        usage.read_usage,
        proposals.propose_entity,
        drafts.read_draft,
        drafts.discard_draft,
        drafts.read_drafted,
        drafts.save_drafted,
        drafts.remove_drafted,
        drafts.undo_drafted,
        drafts.redo_drafted,
        drafts.discard_drafted,
        drafts.keep_drafted,
        drafts.reset_drafted,
        drafts.read_document,
        decisions.rename_field,
        decisions.decide,
        plans.read_plan,
        plans.rehearse,
        plans.publish,
        plans.list_releases,
        plans.read_release,
        plans.read_rollback,
        plans.roll_back,
        putaside.list_waiting,
        putaside.list_entries,
        putaside.put_right,
        putaside.dismiss,
        putaside.dismiss_all,
        putaside.list_retired,
        putaside.restore_retired,
        putaside.purge_retired,
        openapi.read_openapi,
        account.read_me,
    ]
    return Router(PREFIX, route_handlers=handlers, include_in_schema=False)
