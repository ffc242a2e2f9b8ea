"""Queries compiled to one statement each: rights, filter, search, order and page in SQL, labels joined after the limit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from trellis.engine.access import Access
from trellis.engine.computed import Computations, Formula
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.expr.types import Kind
from trellis.engine.language import all_of, language
from trellis.engine.query import COUNT_CAP, LABEL, LEVEL, Count, Query, SortKey
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.storagekinds import IntegerKind
from trellis.storage.codecs import decoder, json_decoder
from trellis.storage.connection import POSTGRESQL, prepare
from trellis.storage.expressions import NotPortable, compile_condition
from trellis.storage.manyvalues import list_decoder, pairs_decoder, side_labels, side_values
from trellis.storage.ordering import OrderKey, order_by, order_keys, ranges
from trellis.storage.outputs import (
    Decode,
    Form,
    Input,
    Output,
    Reading,
    Values,
    as_level,
    by_level,
    hidden,
    masking,
    works_of,
)  # fmt: skip
from trellis.storage.searching import index_order, matches, through_index
from trellis.storage.sources import Behind, Joined, Sources, entitled, right_condition, right_flag, title_path
from trellis.storage.tables import Tables

RIGHTS = ("edit", "delete", "assign", "share")
"""The actions of which a page about one record wants to know."""

FEW = 200
"""Up to how many records on a page the ones that they lead to are looked up one by one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that makes two queries need different statements; values are bound later."""

    query: Query
    condition: Expression | None
    ids: int
    empty: tuple[bool, ...] | None
    backwards: bool
    form: Form
    rights: bool = False


@dataclass
class ReadCompiler:
    """Writes the statement for one shape."""

    tables: Tables
    access: Access
    shape: Shape

    @property
    def query(self) -> Query:
        return self.shape.query

    def compiled(self) -> Reading:
        """The statement with what is needed to read its rows."""
        inner = Sources.of(self.tables, self.access, self.query.entity)
        keys = self._order_keys(inner)
        outputs, statement = self._nested(inner, keys) if self._needs_joins() else self._flat(inner, keys)
        statement = statement.add_columns(*self._counting())
        prepared = prepare(statement, self.tables.dialect)
        return Reading(
            prepared,
            tuple(output.name for output in outputs),
            tuple((place, output.decode) for place, output in enumerate(outputs) if output.decode is not None),
            tuple(key.kind for key in keys),
            self.query.count is not Count.NONE,
            frozenset(name for name in prepared.names if name.startswith("p_")),
            tuple(works_of(outputs)),
        )

    def _order_keys(self, inner: Sources) -> tuple[OrderKey, ...]:
        number = index_order(inner.base.table) if self._newest_hits else None
        if number is not None:
            return (OrderKey(number, IntegerKind(), True, False),)
        return order_keys(inner, self.tables.snapshot, self.query.entity, self.query.sort)

    @property
    def _newest_hits(self) -> bool:
        """Whether the hits of a search are wanted as they were added, the newest first."""
        return self.query.search is not None and self.query.sort in ((), (SortKey("id", True),))

    def _needs_joins(self) -> bool:
        if self._leveled():
            return True
        links = self.query.labels and any(field.target for field in self._fields().values())
        fields = self._fields().items()
        return links or any("." in path or field.multiple or self._waits(field) for path, field in fields)

    def _leveled(self) -> tuple[str, ...]:
        """The fields of the record itself whose levels the answer needs, since they rise on some records."""
        entity = self.query.entity
        wanted = {path.partition(".")[0] for path in self._fields()}
        return tuple(key for key in self.access.raised(entity) if self.shape.rights or key in wanted)

    def _waits(self, field: FieldType) -> bool:
        """Whether a virtual field is better computed when the page is cut already: PostgreSQL sees to that by itself."""
        if field.stored or self.tables.dialect != POSTGRESQL:
            return not field.stored
        item = Computations.of(self.tables.snapshot).at(field.entity, field.key)
        return isinstance(item, Formula) and any(path.hops for path in item.paths)

    def _fields(self) -> dict[str, FieldType]:
        found = {}
        for path in ("id", "version", *self.query.fields):
            field = self.tables.snapshot.field_at(self.query.entity, path)
            if field is None:
                raise KeyError(path)
            found[path] = field
        return found

    def _flat(self, inner: Sources, keys: tuple[OrderKey, ...]) -> tuple[list[Output], sa.Select[Any]]:
        outputs = [self._plain(path, field, inner) for path, field in self._fields().items()]
        outputs += self._right_outputs(inner)
        selected = [*(output.element for output in outputs), *hidden(outputs)]
        order = [key.element.label(f"s{number}") for number, key in enumerate(keys)]
        return outputs, self._page(inner, keys, [*selected, *order])

    def _nested(self, inner: Sources, keys: tuple[OrderKey, ...]) -> tuple[list[Output], sa.Select[Any]]:
        fields = self._fields()
        computations = Computations.of(self.tables.snapshot)
        first = [path.partition(".")[0] for path in fields]
        wanted = dict.fromkeys(
            column for key in first for column in sorted(computations.columns(self.query.entity, key))
        )
        direct = [key for key in wanted if key in inner.base.columns]
        columns = [inner.base.columns[key].label(f"c_{key}") for key in direct]
        order = [key.element.label(f"s{number}") for number, key in enumerate(keys)]
        flags = self._right_outputs(inner)
        labelled = [flag.element.label(flag.name.strip(":")) for flag in flags]
        levels = {key: level for key in self._leveled() if (level := inner.level((), key)) is not None}
        labelled += [level.label(f"l_{key}") for key, level in levels.items()]
        page = self._page(inner, keys, [*columns, *labelled, *order]).subquery("p")
        outer = Sources(
            self.tables,
            self.access,
            Joined(self.query.entity, inner.base.table, {key: page.c[f"c_{key}"] for key in direct}),
            page,
            few=0 < self.query.limit <= FEW,
            _levels={((), key): page.c[f"l_{key}"] for key in levels},
        )
        outputs = [output for path, field in fields.items() for output in self._outputs(path, field, outer)]
        outputs += [Output(flag.name, page.c[flag.name.strip(":")], flag.decode) for flag in flags]
        outputs += self._level_outputs(outer)
        again = [
            OrderKey(page.c[f"s{number}"], key.kind, key.descending, key.nullable) for number, key in enumerate(keys)
        ]
        values = [output.element for output in outputs]
        statement = sa.select(*values, *hidden(outputs), *[key.element for key in again])
        statement = statement.select_from(outer.from_clause()).order_by(
            *order_by(again, backwards=self.shape.backwards)
        )
        return outputs, statement

    def _level_outputs(self, sources: Sources) -> list[Output]:
        """How far fields are open that are not equally open on every record, as columns `phone:level`, …"""
        if self.shape.form is Form.JSON:
            return []
        paths = [path.split(".") for path in dict.fromkeys((*self._fields(), *self._leveled()))]
        found = {".".join(path): sources.level(tuple(path[:-1]), path[-1]) for path in paths}
        return [Output(path + LEVEL, level, as_level) for path, level in found.items() if level is not None]

    def _outputs(self, path: str, field: FieldType, sources: Sources) -> list[Output]:
        if field.multiple:
            return self._many(path, field, sources)
        found = [self._plain(path, field, sources)]
        if self.query.labels and field.target is not None and self._highest(field) >= Level.READ:
            found.append(Output(path + LABEL, self._label(path, field, sources)))
        return found

    def _label(self, path: str, field: FieldType, sources: Sources) -> sa.ColumnElement[Any]:
        snapshot = self.tables.snapshot
        title = ".".join((path, *title_path(snapshot, snapshot.entity(field.target or ""))))
        last = snapshot.field_at(self.query.entity, title)
        if last is None or self._highest(last) < Level.READ:
            return sa.null()
        return sources.at(title)[0]

    def _many(self, path: str, field: FieldType, sources: Sources) -> list[Output]:
        *hops, key = path.split(".")
        joined = sources.follow(tuple(hops))
        side = joined.table.sides[key]
        record = joined.columns["id"]
        values = side_values(side, record, self.tables.dialect)
        mask = masking(field, list_decoder(Form.DOMAIN), self.shape.form)
        found = [self._by_level(path, field, sources, values, list_decoder(self.shape.form), mask)]
        if self.query.labels and field.target is not None and self._highest(field) >= Level.READ:
            pairs = side_labels(self.tables, self.access, side, record, field.target)
            found.append(Output(path + LABEL, sources.open_to_reader(tuple(hops), key, pairs), pairs_decoder))
        return found

    def _plain(self, path: str, field: FieldType, sources: Sources) -> Output:
        *hops, key = path.split(".")
        try:
            found = sources.value(tuple(hops), key, len(hops))
        except NotPortable:
            return self._worked(path, field, sources)
        decode = (json_decoder if self.shape.form is Form.JSON else decoder)(found.kind, self.tables.dialect)
        mask = masking(field, decoder(found.kind, self.tables.dialect), self.shape.form)
        return self._by_level(path, field, sources, found.element, decode, mask)

    def _by_level(
        self,
        path: str,
        field: FieldType,
        sources: Sources,
        element: sa.ColumnElement[Any],
        read: Decode | None,
        mask: Decode,
    ) -> Output:
        """A column as far as the reader may see it, on every record or on each."""
        *hops, key = path.split(".")
        level = sources.level(tuple(hops), key)
        if level is None:
            return Output(path, element, mask if self._level(field) is Level.MASKED else read)
        value = Input(":value", sources.open_to_reader(tuple(hops), key, element, Level.MASKED))
        open_to = by_level(read, mask)
        return Output(
            path,
            sa.null(),
            None,
            lambda values: open_to(values[":level"], values[":value"]),
            (value, Input(":level", level)),
        )

    def _worked(self, path: str, field: FieldType, sources: Sources) -> Output:
        """A virtual formula that no database can compute: its inputs are read, and it is worked out row by row."""
        item = Computations.of(self.tables.snapshot).at(field.entity, field.key)
        if not isinstance(item, Formula):
            raise KeyError(path)
        inputs, work = self._computation(item, sources.behind(tuple(path.split(".")[:-1])))
        *hops, key = path.split(".")
        level = sources.level(tuple(hops), key)
        read, mask = field.to_json if self.shape.form is Form.JSON else None, masking(field, None, self.shape.form)
        if level is None:
            finish = mask if self._level(field) is Level.MASKED else read
            return Output(
                path, sa.null(), None, lambda values: finish(work(values)) if finish else work(values), inputs
            )
        open_to = by_level(read, mask)
        return Output(
            path,
            sa.null(),
            None,
            lambda values: open_to(values[":level"], work(values)),
            (*inputs, Input(":level", level)),
        )

    def _computation(self, item: Formula, columns: Behind) -> tuple[tuple[Input, ...], Callable[[Values], object]]:
        """The inputs of a formula and its computation; inputs that no database computes are worked out in turn."""
        inputs: list[Input] = []
        inner: dict[str, Callable[[Values], object]] = {}
        for read in item.paths:
            try:
                inputs.append(self._input(read, columns))
            except NotPortable:
                below = Computations.of(self.tables.snapshot).at(read.entity, read.field)
                if not isinstance(below, Formula):
                    raise
                hops = (*columns.hops, *(hop.field_key for hop in read.hops))
                further, inner[read.key] = self._computation(below, replace(columns, hops=hops))
                inputs += [replace(given, name=f"{read.key}/{given.name}") for given in further]
        return tuple(inputs), _with_inner(item.compute, inner) if inner else item.compute

    def _input(self, read: Path, columns: Behind) -> Input:
        if read.type.kind is Kind.OPTIONS:
            side, record = columns.side(read)
            return Input(read.key, side_values(side, record, self.tables.dialect), list_decoder(Form.DOMAIN))
        found = columns.column(read)
        return Input(read.key, found.element, decoder(found.kind, self.tables.dialect))

    def _level(self, field: FieldType) -> Level:
        return self.access.level(field.entity, field.key)

    def _highest(self, field: FieldType) -> Level:
        return self.access.highest(field.entity, field.key)

    def _page(self, inner: Sources, keys: tuple[OrderKey, ...], columns: list[sa.ColumnElement[Any]]) -> sa.Select[Any]:
        statement = sa.select(*columns).where(*self.conditions(inner))
        if self._newest_hits and index_order(inner.base.table) is not None:
            statement = statement.select_from(inner.from_clause(through_index(inner.base.table, inner.start)))
        else:
            statement = statement.select_from(inner.from_clause()).where(*self.search(inner))
        if self.shape.ids == 1:
            return statement
        if self.shape.empty is None:
            return self._fenced(statement, keys)
        conditions = ranges(keys, self.shape.empty, backwards=self.shape.backwards)
        parts = [self._fenced(statement.where(condition), keys) for condition in conditions]
        return parts[0] if len(parts) == 1 else self._one_after_the_other(parts, keys)

    def _fenced(self, statement: sa.Select[Any], keys: Sequence[OrderKey]) -> sa.Select[Any]:
        """The first rows; on PostgreSQL all hits of a search are found before they are ordered."""
        if self.query.search is None or self.tables.dialect != POSTGRESQL:
            return self._limited(statement, keys)
        return self._limited_of(statement.offset(sa.literal_column("0")).subquery("found"), keys)

    def _limited(self, statement: sa.Select[Any], keys: Sequence[OrderKey]) -> sa.Select[Any]:
        ordered = statement.order_by(*order_by(keys, backwards=self.shape.backwards))
        return ordered.limit(self._limit)

    @property
    def _limit(self) -> sa.ColumnElement[int]:
        """One row more than the page; PostgreSQL plans once for all only where the number stands in the statement."""
        if self.query.limit:
            return sa.literal_column(str(self.query.limit + 1), sa.Integer())
        return sa.bindparam("limit", type_=sa.Integer)

    def _one_after_the_other(self, parts: Sequence[sa.Select[Any]], keys: Sequence[OrderKey]) -> sa.Select[Any]:
        """The parts of a page, each found by its own range of an index."""
        return self._limited_of(sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery("u"), keys)

    def _limited_of(self, rows: sa.Subquery, keys: Sequence[OrderKey]) -> sa.Select[Any]:
        """The first of rows whose last columns are the values of the keys."""
        places = list(rows.c)[-len(keys) :]
        again = [replace(key, element=place) for key, place in zip(keys, places, strict=True)]
        return self._limited(sa.select(*rows.c), again)

    def conditions(self, sources: Sources) -> list[sa.ColumnElement[bool]]:
        """Everything a record has to meet, whatever the page."""
        base = sources.base
        conditions: list[sa.ColumnElement[bool]] = []
        if "deleted_at" in base.columns:
            gone = base.columns["deleted_at"]
            conditions.append(gone.is_not(None) if self.query.deleted else gone.is_(None))
        if self.shape.ids:
            binds = [sa.bindparam(f"id{number}", type_=base.columns["id"].type) for number in range(self.shape.ids)]
            conditions.append(base.columns["id"] == binds[0] if len(binds) == 1 else base.columns["id"].in_(binds))
        for action in self.query.actions:
            allowed = right_condition(sources, self.query.entity, action, prefix=f"{action}_")
            if allowed is not None:
                conditions.append(allowed)
        if self.query.shared:
            conditions.append(entitled(self.access.shared(self.query.entity), sources, prefix="shared_"))
        if self.shape.condition is not None:
            conditions.append(compile_condition(self.shape.condition, sources, self.tables.dialect))
        return conditions

    def search(self, sources: Sources) -> list[sa.ColumnElement[bool]]:
        return [matches(sources.base.table, sources.start)] if self.query.search else []

    def _counting(self) -> list[sa.ColumnElement[Any]]:
        if self.query.count is Count.NONE:
            return []
        sources = Sources.of(self.tables, self.access, self.query.entity, "n")
        conditions = [*self.conditions(sources), *self.search(sources)]
        one: sa.Select[Any] = (
            sa.select(sa.literal_column("1").label("one")).select_from(sources.from_clause()).where(*conditions)
        )
        if self.query.count is Count.CAPPED:
            one = one.limit(sa.literal_column(str(COUNT_CAP + 1)))
        return [sa.select(sa.func.count()).select_from(one.subquery("counted")).scalar_subquery().label("total")]

    def _right_outputs(self, sources: Sources) -> list[Output]:
        """What may be done with the row, as columns `:edit`, `:delete`, …"""
        if not self.shape.rights:
            return []
        return [Output(f":{action}", right_flag(sources, self.query.entity, action), bool) for action in RIGHTS]


def _with_inner(
    compute: Callable[[Values], object], inner: Mapping[str, Callable[[Values], object]]
) -> Callable[[Values], object]:
    """A computation that needs others first; their inputs stand under their name and a slash."""

    def worked(values: Values) -> object:
        found = {}
        for name, work in inner.items():
            own = {key.removeprefix(f"{name}/"): value for key, value in values.items() if key.startswith(f"{name}/")}
            found[name] = work({**values, **own})
        return compute({**values, **found})

    return worked


def row_condition(tables: Tables, query: Query) -> Expression | None:
    """The document's filter and the person's filter as one condition; rights are added when it is compiled."""
    kept = language(tables.snapshot)
    parts = [kept.condition(query.entity, query.base_filter)] if query.base_filter else []
    if query.filter:
        parts.append(kept.filter(query.entity, query.filter))
    return all_of(parts)
