"""The search index of an entity in statements."""

from typing import Any

import sqlalchemy as sa

from trellis.engine.searchtext import fts5_query, tsquery
from trellis.storage.connection import SQLITE
from trellis.storage.tables import EntityTable

MATCH_NOTHING = '""'


def search_hits(table: EntityTable) -> sa.Select[Any]:
    """The ids of the records that match the parameter `search`; fenced, so that the order cannot mislead the planner."""
    search = sa.bindparam("search", type_=sa.Text)
    if table.search is not None:
        hits = sa.select(table.search.c.id).where(sa.literal_column(f'"{table.search.name}"').op("MATCH")(search))
    else:
        rows = table.table.alias("found")
        vector = sa.func.to_tsvector(sa.literal_column("'simple'"), rows.c.search_text)
        hits = sa.select(rows.c.id).where(
            vector.op("@@")(sa.cast(search, sa.Text).op("::")(sa.literal_column("tsquery")))
        )
    fenced = hits.cte("hits").prefix_with("MATERIALIZED")
    return sa.select(fenced.c.id)


def search_value(text: str, dialect: str) -> str | None:
    """What to bind for `search`; None when nothing can match."""
    return fts5_query(text) if dialect == SQLITE else tsquery(text)
