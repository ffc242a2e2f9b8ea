"""The search index of an entity in statements."""

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import UnaryExpression

from trellis.engine.searchtext import fts5_query, tsquery
from trellis.storage.connection import SQLITE
from trellis.storage.tables import SEARCH_TEXT, EntityTable

MATCH_NOTHING = '""'


def matches(table: EntityTable, rows: sa.FromClause) -> sa.ColumnElement[bool]:
    """The condition for `rows` of the entity's table that match the parameter `search`.

    On PostgreSQL a statement has to fence it, or an order with a limit leads the planner past the index; on SQLite
    it comes with its fence.
    """
    if table.search is None or table.row_number is None:
        vector = sa.func.to_tsvector(sa.literal_column("'simple'"), rows.c[SEARCH_TEXT])
        return vector.op("@@", is_comparison=True)(sa.cast(_search(), sa.Text).op("::")(sa.literal_column("tsquery")))
    name = f"hits_{getattr(rows, 'name', '')}"  # a statement that also counts has two of them
    hits = sa.select(table.search.c.rowid).where(_match(table.search)).cte(name).prefix_with("MATERIALIZED")
    return rows.c[table.row_number.name].in_(sa.select(hits.c.rowid))


def index_order(table: EntityTable) -> sa.Column[int] | None:
    """What a search gives its hits in the order of for nothing, SQLite only: the number in which rows were added."""
    return table.search.c.rowid if table.search is not None else None


def through_index(table: EntityTable, rows: sa.FromClause) -> sa.FromClause:
    """The search table joined with `rows` so that it comes first, SQLite only; a limit then stops the search early."""
    if table.search is None or table.row_number is None:
        raise ValueError(table.entity.id)
    # The plus keeps the planner from looking every record up in the search table instead.
    number: UnaryExpression[int] = UnaryExpression(table.search.c.rowid, operator=operators.custom_op("+"))
    return table.search.join(rows, sa.and_(_match(table.search), rows.c[table.row_number.name] == number))


def _match(search: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.literal_column(f'"{search.name}"').op("MATCH", is_comparison=True)(_search())  # type: ignore[attr-defined]


def _search() -> sa.BindParameter[str]:
    return sa.bindparam("search", type_=sa.Text())


def search_value(text: str, dialect: str) -> str | None:
    """What to bind for `search`; None when nothing can match."""
    return fts5_query(text) if dialect == SQLITE else tsquery(text)
