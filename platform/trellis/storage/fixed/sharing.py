"""Who reaches whose records: teams, reporting lines, shares, handing over."""

import sqlalchemy as sa

from trellis.storage.fixed.columns import Parts, number, record, text


def _team_tree() -> list[sa.schema.SchemaItem]:
    return [
        record("ancestor", key=True),
        record("descendant", key=True),
        number("depth"),
        sa.Index("team_tree_upwards", "descendant", "ancestor"),
    ]


def _reporting_line() -> list[sa.schema.SchemaItem]:
    return [
        record("manager", key=True),
        record("report", key=True),
        number("depth"),
        sa.Index("reporting_line_upwards", "report", "manager"),
    ]


def _share() -> list[sa.schema.SchemaItem]:
    return [
        text("id", key=True),
        text("entity"),
        record("record"),
        text("grantee"),
        number("actions"),
        text("part", null=True),
        text("created_by"),
        number("created_at"),
        number("expires_at", null=True),
        sa.Index("share_by_grantee", "grantee", "entity", "record"),
        sa.Index("share_of_record", "entity", "record", "grantee", unique=True),
    ]


def _handover() -> list[sa.schema.SchemaItem]:
    return [
        text("id", key=True),
        text("kind"),
        text("user_id", null=True),
        text("request"),
        text("state"),
        number("total", default="0"),
        number("done", default="0"),
        text("error", null=True),
        text("created_by"),
        number("created_at"),
        number("finished_at", null=True),
        text("undone_by", null=True),
        number("undone_at", null=True),
        sa.Index("handover_by_age", "created_at"),
    ]


def _handover_item() -> list[sa.schema.SchemaItem]:
    return [
        text("handover", key=True),
        number("place", key=True),
        text("kind"),
        text("entity"),
        text("record"),
        text("before"),
        text("after"),
        text("state"),
        text("problem", null=True),
        sa.Index("handover_item_by_state", "handover", "state", "place"),
    ]


PARTS: Parts = {
    "team_tree": _team_tree,
    "reporting_line": _reporting_line,
    "share": _share,
    "handover": _handover,
    "handover_item": _handover_item,
}
