"""How Alembic finds the connection; `run` makes it, inside a transaction that holds the publish lock."""

from alembic import context

from trellis.storage.system import system_tables


def migrate() -> None:
    """Run the revisions on the connection that the caller put into the configuration."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=system_tables(None).schema,
        version_table_schema=attributes["schema"],
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate()
