"""The plan from one release to the next: nothing is lost, nothing is done twice."""

from dataclasses import replace
from typing import Any

from trellis.metadata.diff import plan
from trellis.metadata.ledger import Ledger, State
from trellis.metadata.plan import (
    AddColumn,
    Change,
    CreateIndex,
    CreateSearch,
    CreateSideTable,
    CreateTable,
    DropIndex,
    MoveValues,
    Operation,
    Plan,
    RetireColumn,
    RetireTable,
    Risk,
)
from trellis.metadata.shape import ColumnShape, SideShape, shape_of
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import TextKind

NAME = {"type": "text", "label": "Name"}


def entity(key: str = "sales.account", **members: Any) -> dict[str, Any]:
    fields = {"name": NAME, **members.pop("fields", {})}
    return {"kind": "entity", "id": key, "label": "Account", "titleField": "name", "fields": fields, **members}


def view(**members: Any) -> dict[str, Any]:
    document = {"kind": "view", "id": "sales.all", "entity": "sales.account", "type": "list", "label": "All"}
    return {**document, "columns": {"name": {}}, **members}


def release(number: int, *documents: dict[str, Any]) -> Snapshot:
    return Snapshot.of(number, documents)


class Workspace:
    """A release and its ledger, moved on by publishing."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.snapshot: Snapshot | None = None
        self.ledger = Ledger()
        self.plan = self.publish(*documents)

    def publish(self, *documents: dict[str, Any]) -> Plan:
        new = release(self.snapshot.release + 1 if self.snapshot else 1, *documents)
        self.plan = plan(self.snapshot, new, self.ledger)
        self.snapshot, self.ledger = new, self.ledger.with_changes(self.plan.written, self.plan.removed)
        return self.plan

    def physical(self, path: str) -> str:
        return self.ledger.live[path].physical

    def of(self, kind: type[Operation]) -> list[Any]:
        return [operation for operation in self.plan.operations if isinstance(operation, kind)]

    def indexes(self) -> list[str]:
        return [entry.signature for entry in self.ledger.live.values() if "#/indexes/" in entry.path]


def test_a_first_release_creates_a_table_with_all_columns() -> None:
    workspace = Workspace(
        entity(
            fields={"amount": {"type": "currency"}, "tags": {"type": "multiselect", "options": {"a": {"label": "A"}}}}
        )
    )

    (created,) = workspace.of(CreateTable)
    assert created.shape.table == "e_sales_account"
    assert [column.name for column in created.shape.columns.values()] == [
        "id", "created_at", "created_by", "updated_at", "updated_by", "version", "deleted_at", "c0009_name", "c0010_amount",
    ]  # fmt: skip
    assert [operation.side.table for operation in workspace.of(CreateSideTable)] == ["m0011_tags"]
    assert len(workspace.of(CreateSearch)) == 1
    assert workspace.plan.changes == (Change("added", "sales.account"),)
    assert workspace.plan.risk is Risk.SAFE


def test_publishing_the_same_again_does_nothing() -> None:
    workspace = Workspace(entity(), view(sort=[{"field": "name"}]))

    assert workspace.publish(entity(), view(sort=[{"field": "name"}])).empty


def test_a_new_label_changes_no_table() -> None:
    workspace = Workspace(entity())

    workspace.publish(entity(label="Customer", fields={"name": {**NAME, "label": "Title", "maxLength": 40}}))

    assert workspace.plan.operations == ()
    assert workspace.plan.changes == (Change("changed", "sales.account"),)
    assert not workspace.plan.empty


def test_a_new_field_gets_a_new_column() -> None:
    workspace = Workspace(entity())

    workspace.publish(entity(fields={"phone": {"type": "phone", "label": "Phone"}}))

    (added,) = workspace.of(AddColumn)
    assert (added.table, added.column.name) == ("e_sales_account", workspace.physical("sales.account#/fields/phone"))
    assert str(added.sentence) == "Phone is new on Account."


def test_a_retired_field_keeps_its_column_and_comes_back_as_another_one() -> None:
    workspace = Workspace(entity(fields={"phone": {"type": "phone"}}))
    first = workspace.physical("sales.account#/fields/phone")

    workspace.publish(entity())
    (retired,) = workspace.of(RetireColumn)
    workspace.publish(entity(fields={"phone": {"type": "phone"}}))

    assert retired.physical == first
    assert workspace.physical("sales.account#/fields/phone") != first
    assert [(entry.state, entry.retired) for entry in workspace.ledger.entries if entry.physical == first] == [
        (State.RETIRED, 2)
    ]


def test_text_becomes_a_choice_in_a_column_of_its_own() -> None:
    workspace = Workspace(entity(fields={"tier": {"type": "text"}}))

    workspace.publish(entity(fields={"tier": {"type": "select", "options": {"gold": {"label": "Gold"}}}}))

    assert [type(operation) for operation in workspace.plan.operations] == [AddColumn, MoveValues, RetireColumn]


def test_text_becomes_longer_text_where_it_stands() -> None:
    workspace = Workspace(entity(fields={"about": {"type": "text"}}))

    workspace.publish(entity(fields={"about": {"type": "longtext"}}))

    assert workspace.plan.operations == ()


def test_a_change_of_storage_is_a_new_column_a_move_and_a_retirement() -> None:
    workspace = Workspace(entity(fields={"staff": {"type": "text", "label": "Staff"}}))
    former = workspace.physical("sales.account#/fields/staff")

    workspace.publish(entity(fields={"staff": {"type": "integer", "label": "Staff"}}))

    (moved,) = workspace.of(MoveValues)
    assert (moved.table, moved.source.name, moved.risk) == ("e_sales_account", former, Risk.LOSSY)
    assert str(moved.sentence) == "Staff on Account changes from Text to Whole number."
    assert [operation.physical for operation in workspace.of(RetireColumn)] == [former]
    assert workspace.physical("sales.account#/fields/staff") != former


def test_more_places_are_a_change_of_storage_and_more_digits_are_not() -> None:
    workspace = Workspace(entity(fields={"size": {"type": "decimal", "precision": 9, "scale": 2}}))

    workspace.publish(entity(fields={"size": {"type": "decimal", "precision": 18, "scale": 2}}))
    assert workspace.plan.operations == ()
    workspace.publish(entity(fields={"size": {"type": "decimal", "precision": 18, "scale": 4}}))
    assert len(workspace.of(MoveValues)) == 1


def test_one_value_that_becomes_many_moves_from_its_column() -> None:
    options = {"options": {"a": {"label": "A"}}}
    workspace = Workspace(entity(fields={"tags": {"type": "select", **options}}))

    workspace.publish(entity(fields={"tags": {"type": "multiselect", **options}}))
    assert workspace.of(MoveValues)[0].source == ColumnShape("c0010_tags", TextKind())
    workspace.publish(entity(fields={"tags": {"type": "select", **options}}))
    assert isinstance(workspace.of(MoveValues)[0].source, SideShape)


def test_a_retired_entity_keeps_its_table_and_comes_back_as_another_one() -> None:
    workspace = Workspace(entity(), entity("sales.lead"))

    workspace.publish(entity())
    (retired,) = workspace.of(RetireTable)
    assert retired.table == "e_sales_lead"
    assert not any(entry.entity == "sales.lead" for entry in workspace.ledger.live.values())
    workspace.publish(entity(), entity("sales.lead"))

    (created,) = workspace.of(CreateTable)
    assert created.shape.table not in ("e_sales_lead", "e_sales_account")
    assert created.shape.columns["deleted_at"].name == "deleted_at"


def test_ids_that_give_the_same_name_get_different_tables() -> None:
    workspace = Workspace(
        entity("a_b.c"), entity("a.b_c"), entity(f"{'a' * 48}.{'b' * 48}"), entity(f"{'a' * 48}.{'b' * 47}")
    )

    tables = [operation.shape.table for operation in workspace.of(CreateTable)]

    assert len(set(tables)) == 4
    assert all(len(table) <= 60 for table in tables)


def test_no_physical_name_is_longer_than_postgresql_allows() -> None:
    long = "f" * 48
    workspace = Workspace(
        entity(
            f"{'a' * 48}.{'b' * 48}", fields={long: {"type": "text"}, "g" * 48: {"type": "multiselect", "options": {}}}
        )
    )

    assert all(len(entry.physical) <= 60 for entry in workspace.ledger.entries)


def test_a_system_column_comes_back_from_retirement() -> None:
    workspace = Workspace(entity(traits={"owned": True}))

    workspace.publish(entity())
    assert {operation.physical for operation in workspace.of(RetireColumn)} == {"owner_id", "owner_team_id"}
    workspace.publish(entity(traits={"owned": True}))

    assert workspace.of(AddColumn) == []
    assert workspace.physical("sales.account#/system/owner") == "owner_id"


def test_a_trait_adds_its_columns_to_an_existing_table() -> None:
    workspace = Workspace(entity())

    workspace.publish(entity(traits={"owned": True, "multiCurrency": True}))

    assert {operation.column.name for operation in workspace.of(AddColumn)} == {"owner_id", "owner_team_id", "currency"}


def test_giving_up_the_bin_is_lossy() -> None:
    workspace = Workspace(entity())

    assert workspace.publish(entity(traits={"softDelete": False})).risk is Risk.LOSSY


def test_unique_values_are_unique_among_records_outside_the_bin() -> None:
    workspace = Workspace(entity(fields={"code": {"type": "text", "unique": True}, "number": {"type": "autonumber"}}))

    assert "unique c0010_code where blank deleted_at" in workspace.indexes()
    assert "unique c0011_number where blank deleted_at" in workspace.indexes()


def test_links_are_indexed_unless_a_declared_index_starts_with_them() -> None:
    links = {"parent": {"type": "lookup", "target": "sales.account"}, "chief": {"type": "user"}}
    workspace = Workspace(entity(fields=links, indexes={"by_parent": {"fields": ["parent", "name"]}}))

    assert sorted(index for index in workspace.indexes() if "unique" not in index) == [
        "c0010_parent,c0009_name,id where blank deleted_at",
        "c0011_chief,id where blank deleted_at,filled c0011_chief",
        "deleted_at desc,id desc where filled deleted_at",
    ]


def test_an_index_runs_the_way_views_sort() -> None:
    fields = {"size": {"type": "integer"}, "tier": {"type": "select", "options": {"a": {"label": "A"}}}}
    declared = {"by_tier": {"fields": ["tier", "size"]}, "by_created": {"fields": ["created_at"]}}
    sorts = (
        view(sort=[{"field": "size", "dir": "desc"}]),
        view(id="sales.new", sort=[{"field": "created_at", "dir": "desc"}]),
    )
    workspace = Workspace(entity(fields=fields, indexes=declared), *sorts)

    assert workspace.indexes()[:-1] == [
        "c0011_tier,c0010_size desc,id desc where blank deleted_at",
        "created_at,id where blank deleted_at",
        "c0010_size desc,id desc where blank deleted_at",
    ]


def test_an_index_that_nothing_needs_any_more_is_dropped_and_forgotten() -> None:
    workspace = Workspace(entity(), view(sort=[{"field": "name"}]))
    (name,) = [entry.physical for entry in workspace.ledger.live.values() if entry.signature.startswith("c0009_name")]

    workspace.publish(entity(), view())

    assert [operation.name for operation in workspace.of(DropIndex)] == [name]
    assert workspace.plan.removed
    assert not any(entry.physical == name for entry in workspace.ledger.entries)


def test_an_index_on_an_existing_table_is_slow_and_one_on_too_much_text_is_blocked() -> None:
    workspace = Workspace(entity(fields={"site": {"type": "url"}}))

    workspace.publish(entity(fields={"site": {"type": "url"}}, indexes={"by_name": {"fields": ["name"]}}))
    assert [operation.risk for operation in workspace.of(CreateIndex)] == [Risk.SLOW]
    workspace.publish(entity(fields={"site": {"type": "url"}}, indexes={"by_site": {"fields": ["site"]}}))
    assert workspace.plan.risk is Risk.BLOCKED


def test_numbers_are_never_given_twice() -> None:
    workspace = Workspace(entity(fields={"a": {"type": "text"}}), view(sort=[{"field": "a"}]))
    workspace.publish(entity(fields={"b": {"type": "text"}}), view(sort=[{"field": "b"}]))
    workspace.publish(entity(fields={"a": {"type": "text"}, "b": {"type": "integer"}}))

    uids = [entry.uid for entry in workspace.ledger.entries]
    columns = [entry.physical for entry in workspace.ledger.entries if "/fields/" in entry.path]

    assert len(uids) == len(set(uids))
    assert len(columns) == len(set(columns))


def test_the_shape_of_an_entity_follows_from_the_document_and_the_ledger() -> None:
    workspace = Workspace(entity(traits={"owned": True}))
    assert workspace.snapshot is not None

    shape = shape_of(workspace.snapshot.entity("sales.account"), workspace.ledger)

    assert list(shape.columns)[:3] == ["id", "owner", "owner_team"]
    assert shape.columns["owner"].name == "owner_id"


def test_an_entry_that_is_only_prepared_is_not_in_use() -> None:
    workspace = Workspace(entity())
    prepared = replace(workspace.ledger.live["sales.account"], state=State.PREPARED)

    assert "sales.account" not in workspace.ledger.with_changes([prepared]).live
