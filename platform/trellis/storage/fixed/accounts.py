"""Who can sign in, with what."""

import sqlalchemy as sa

from trellis.storage.fixed.columns import Parts, number, text


def _credential() -> list[sa.schema.SchemaItem]:
    return [
        text("user_id", key=True),
        text("password_hash"),
        number("changed_at"),
        number("must_change", default="0"),
    ]


def _session() -> list[sa.schema.SchemaItem]:
    return [
        text("token_hash", key=True),
        text("user_id"),
        number("created_at"),
        number("seen_at"),
        number("expires_at"),
        text("agent"),
        text("data"),
        text("address", null=True),
        text("method", null=True),
        text("impersonator", null=True),
        sa.Index("session_of_user", "user_id"),
    ]


def _token() -> list[sa.schema.SchemaItem]:
    return [
        text("id", key=True),
        text("user_id"),
        text("name"),
        text("hash"),
        text("prefix"),
        number("created_at"),
        number("expires_at", null=True),
        number("last_used_at", null=True),
        number("revoked_at", null=True),
        text("roles", null=True),
        text("created_by", null=True),
        text("method", null=True),
        sa.Index("token_by_hash", "hash", unique=True),
        sa.Index("token_of_user", "user_id"),
    ]


def _token_use() -> list[sa.schema.SchemaItem]:
    return [
        text("token", key=True),
        text("entity", key=True),
        text("field", key=True),
        number("wrote", key=True),
        text("used_on"),
        sa.Index("token_use_of_entity", "entity", "field"),
    ]


def _role_assignment() -> list[sa.schema.SchemaItem]:
    return [text("user_id", key=True), text("role", key=True)]


def _preference() -> list[sa.schema.SchemaItem]:
    return [text("user_id", key=True), text("key", key=True), text("value")]


def _account() -> list[sa.schema.SchemaItem]:
    return [
        text("user_id", key=True),
        text("kind"),
        number("created_at"),
        text("created_by"),
        number("invited_at", null=True),
        number("signed_in_at", null=True),
        number("disabled_at", null=True),
        text("disabled_by", null=True),
    ]


def _account_link() -> list[sa.schema.SchemaItem]:
    return [
        text("token_hash", key=True),
        text("kind"),
        text("user_id"),
        text("created_by"),
        number("created_at"),
        number("expires_at"),
        number("used_at", null=True),
        sa.Index("account_link_of_user", "user_id"),
    ]


def _attempt() -> list[sa.schema.SchemaItem]:
    return [
        text("key", key=True),
        number("count"),
        number("seen_at"),
        number("locked_until", null=True),
        sa.Index("attempt_by_age", "seen_at"),
    ]


def _second_factor() -> list[sa.schema.SchemaItem]:
    return [
        text("user_id", key=True),
        text("secret"),
        number("created_at"),
        number("confirmed_at", null=True),
        number("last_step", default="0"),
        number("failed", default="0"),
        number("locked_until", null=True),
    ]


def _recovery_code() -> list[sa.schema.SchemaItem]:
    return [text("user_id", key=True), text("hash", key=True), number("used_at", null=True)]


def _identity() -> list[sa.schema.SchemaItem]:
    return [
        text("provider", key=True),
        text("subject", key=True),
        text("user_id"),
        text("email"),
        number("created_at"),
        number("signed_in_at"),
        sa.Index("identity_of_user", "user_id"),
    ]


def _identity_provider() -> list[sa.schema.SchemaItem]:
    return [
        text("id", key=True),
        text("label"),
        text("issuer"),
        text("client_id"),
        text("client_secret"),
        text("options"),
        number("enabled", default="1"),
        number("updated_at"),
        text("updated_by"),
    ]


PARTS: Parts = {
    "credential": _credential,
    "session": _session,
    "token": _token,
    "token_use": _token_use,
    "role_assignment": _role_assignment,
    "preference": _preference,
    "account": _account,
    "account_link": _account_link,
    "attempt": _attempt,
    "second_factor": _second_factor,
    "recovery_code": _recovery_code,
    "identity": _identity,
    "identity_provider": _identity_provider,
}
