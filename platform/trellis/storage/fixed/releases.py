"""What a workspace runs on: releases, their documents, what is being changed, and where things are kept."""

import sqlalchemy as sa

from trellis.storage.fixed.columns import Parts, number, text


def _release() -> list[sa.schema.SchemaItem]:
    return [
        number("number", key=True),
        number("base"),
        text("hash"),
        number("created_at"),
        text("created_by"),
        text("note"),
        text("kind"),
        text("plan", null=True),
        number("restored", null=True),
    ]


def _release_document() -> list[sa.schema.SchemaItem]:
    return [
        number("release", key=True),
        number("place", key=True),
        text("document"),
        text("hash"),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name="release_document_release"),
        sa.ForeignKeyConstraint(["hash"], ["document.hash"], name="release_document_hash"),
    ]


def _document() -> list[sa.schema.SchemaItem]:
    return [text("hash", key=True), text("body")]


def _pointer() -> list[sa.schema.SchemaItem]:
    return [number("id", key=True), number("release"), sa.CheckConstraint("id = 1", name="pointer_is_one")]


def _ledger() -> list[sa.schema.SchemaItem]:
    return [
        number("uid", key=True),
        text("path"),
        text("physical"),
        text("signature"),
        text("state"),
        number("retired", null=True),
        text("former", default="[]"),
    ]


def _draft_document() -> list[sa.schema.SchemaItem]:
    return [
        text("document", key=True),
        text("body", null=True),
        text("base_hash"),
        number("version"),
        number("revision"),
        text("created_by"),
        text("updated_by"),
        number("updated_at"),
    ]


def _draft_revision() -> list[sa.schema.SchemaItem]:
    return [
        text("document", key=True),
        number("number", key=True),
        text("body", null=True),
        number("at"),
        text("by"),
    ]


def _quarantine() -> list[sa.schema.SchemaItem]:
    return [
        text("id", key=True),
        number("release"),
        text("entity"),
        text("field"),
        text("record"),
        text("value"),
        number("at"),
        sa.Index("quarantine_of_field", "entity", "field"),
    ]


def _data_migration() -> list[sa.schema.SchemaItem]:
    return [text("pack", key=True), text("id", key=True), text("checksum"), number("release"), number("at")]


def _setting() -> list[sa.schema.SchemaItem]:
    return [text("key", key=True), text("value")]


PARTS: Parts = {
    "release": _release,
    "release_document": _release_document,
    "document": _document,
    "pointer": _pointer,
    "ledger": _ledger,
    "draft_document": _draft_document,
    "draft_revision": _draft_revision,
    "quarantine": _quarantine,
    "data_migration": _data_migration,
    "setting": _setting,
}
