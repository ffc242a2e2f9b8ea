"""The triggers that keep the log append-only, as SQL; they call and read what `storage/audit_guard` names."""

from collections.abc import Iterator

TABLES = ("history", "audit")
_REMOVING = "log.removing"

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('{_REMOVING}', true), '') <> 'on' THEN
    RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""


def guards(dialect: str) -> Iterator[str]:
    """The statements for one kind of database."""
    if dialect == "postgresql":
        yield _FUNCTION
    for table in TABLES:
        yield from _on_postgresql(table) if dialect == "postgresql" else _on_sqlite(table)


def _on_postgresql(table: str) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()"
    )


def _on_sqlite(table: str) -> Iterator[str]:
    for event in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_append_only_{event.lower()} BEFORE {event} ON {table} "
            f"WHEN NOT EXISTS (SELECT 1 FROM setting WHERE key = '{_REMOVING}') "
            "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        )
