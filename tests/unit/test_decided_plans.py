"""Plans that follow decisions of people: renames, restores, and the questions they answer."""

from dataclasses import replace
from typing import Any

from tests.support.publishing import entity
from trellis.metadata.diff import plan
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.ledger import Ledger, LedgerEntry, State
from trellis.metadata.plan import (
    AddColumn,
    CreateIndex,
    CreateTable,
    MoveValues,
    Plan,
    RemoveOptions,
    RequireValue,
    RetireColumn,
    RetireTable,
    Risk,
)
from trellis.metadata.shape import shape_of
from trellis.metadata.snapshot import Snapshot

REGION = {"type": "text", "label": "Region"}
OPTIONS = {"east": {"label": "East"}, "west": {"label": "West"}}


class Workspace:
    """Releases one after another, without a database."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.snapshot: Snapshot | None = None
        self.ledger = Ledger()
        self.publish(*documents)

    def planned(self, *documents: dict[str, Any], intent: Intent = NO_INTENT) -> Plan:
        new = Snapshot.of(self.snapshot.release + 1 if self.snapshot else 1, documents)
        return plan(self.snapshot, new, self.ledger, intent)

    def publish(self, *documents: dict[str, Any], intent: Intent = NO_INTENT) -> Plan:
        made = self.planned(*documents, intent=intent)
        self.ledger = self.ledger.with_changes(made.written, made.removed)
        self.snapshot = Snapshot.of(made.base + 1, documents)
        for item in self.snapshot.entities.values():
            shape_of(item, self.ledger)
        return made

    def at(self, path: str) -> LedgerEntry:
        return self.ledger.live[path]


def of(made: Plan, kind: type[Any]) -> list[Any]:
    return [operation for operation in made.operations if isinstance(operation, kind)]


def own(**members: Any) -> dict[str, Any]:
    return entity("x.order", **members)


def test_a_renamed_field_keeps_its_column() -> None:
    workspace = Workspace(own(fields={"area": REGION}))
    before = workspace.at("x.order#/fields/area")

    made = workspace.publish(
        own(fields={"region": REGION}), intent=Intent({"x.order#/fields/area": "x.order#/fields/region"})
    )

    after = workspace.at("x.order#/fields/region")
    assert made.operations == ()
    assert (after.uid, after.physical) == (before.uid, before.physical)
    assert workspace.ledger.as_of(1).live["x.order#/fields/area"].uid == before.uid


def test_two_fields_can_change_places() -> None:
    names = {"a": "x.order#/fields/a", "b": "x.order#/fields/b"}
    fields = {"a": {"type": "text", "label": "A"}, "b": {"type": "integer", "label": "B"}}
    workspace = Workspace(own(fields=fields))
    first = workspace.at(names["a"])

    swapped = own(fields={"b": fields["a"], "a": fields["b"]})
    made = workspace.publish(swapped, intent=Intent({names["a"]: names["b"], names["b"]: names["a"]}))

    assert made.operations == ()
    assert workspace.at(names["b"]).uid == first.uid


def test_a_renamed_entity_keeps_its_table_with_all_that_belongs_to_it() -> None:
    workspace = Workspace(own(fields={"area": {**REGION, "unique": True}}))
    table = workspace.at("x.order").physical

    made = workspace.publish(
        entity("x.deal", fields={"area": {**REGION, "unique": True}}), intent=Intent({"x.order": "x.deal"})
    )

    assert made.operations == ()
    assert workspace.at("x.deal").physical == table
    assert not [path for path in workspace.ledger.live if path.startswith("x.order")]


def test_a_renamed_field_can_change_its_type_as_well() -> None:
    workspace = Workspace(own(fields={"size": {"type": "text"}}))
    former = workspace.at("x.order#/fields/size").physical

    made = workspace.publish(
        own(fields={"staff": {"type": "integer"}}), intent=Intent({"x.order#/fields/size": "x.order#/fields/staff"})
    )

    (moved,) = of(made, MoveValues)
    assert (moved.source.name, moved.before.type, moved.after.type) == (former, "text", "integer")


def test_a_restored_field_takes_its_column_back() -> None:
    workspace = Workspace(own(fields={"area": REGION}))
    first = workspace.at("x.order#/fields/area")
    workspace.publish(own())

    made = workspace.publish(own(fields={"area": REGION}), intent=Intent(restores={"x.order#/fields/area": first.uid}))

    assert made.operations == ()
    assert workspace.at("x.order#/fields/area").physical == first.physical
    assert "x.order#/fields/area" not in workspace.ledger.as_of(2).live


def test_what_was_typed_since_goes_back_into_the_restored_column() -> None:
    workspace = Workspace(own(fields={"size": {"type": "text"}}))
    first = workspace.at("x.order#/fields/size")
    workspace.publish(own(fields={"size": {"type": "integer"}}))
    second = workspace.at("x.order#/fields/size")

    made = workspace.publish(
        own(fields={"size": {"type": "text"}}), intent=Intent(restores={"x.order#/fields/size": first.uid})
    )

    (moved,) = of(made, MoveValues)
    assert (moved.source.name, moved.target.name, moved.since) == (second.physical, first.physical, 2)
    assert workspace.at("x.order#/fields/size").uid == first.uid
    assert [item.physical for item in of(made, RetireColumn)] == [second.physical]


def test_a_restored_entity_comes_back_with_its_columns() -> None:
    other = entity("x.note")
    workspace = Workspace(own(fields={"area": REGION}), other)
    table, column = workspace.at("x.order"), workspace.at("x.order#/fields/area")
    assert of(workspace.publish(other), RetireTable)

    made = workspace.publish(own(fields={"area": REGION}), other, intent=Intent(restores={"x.order": table.uid}))

    assert not [*of(made, CreateTable), *of(made, AddColumn)]
    assert workspace.at("x.order#/fields/area").uid == column.uid


def test_a_replaced_option_moves_the_values_into_a_new_column() -> None:
    field = {"type": "select", "options": OPTIONS}
    workspace = Workspace(own(fields={"area": field}))
    retired = {"east": {"label": "East", "active": False, "replacedBy": "west"}, "west": OPTIONS["west"]}

    made = workspace.publish(own(fields={"area": {**field, "options": retired}}))

    (moved,) = of(made, MoveValues)
    assert (moved.replaced, moved.risk) == ({"east": "west"}, Risk.SLOW)
    assert workspace.publish(own(fields={"area": {**field, "options": retired}})).empty


def test_an_option_that_goes_is_looked_for() -> None:
    workspace = Workspace(own(fields={"area": {"type": "select", "options": OPTIONS}}))

    made = workspace.planned(own(fields={"area": {"type": "select", "options": {"west": OPTIONS["west"]}}}))

    (removed,) = of(made, RemoveOptions)
    assert removed.options == {"east": "East"}


def test_a_link_to_another_entity_moves_its_values() -> None:
    link = {"type": "lookup", "target": "x.order"}
    workspace = Workspace(own(), entity("x.note", fields={"of": link}))

    made = workspace.planned(own(), entity("x.note", fields={"of": {**link, "target": "x.note"}}))

    assert [item.risk for item in of(made, MoveValues)] == [Risk.LOSSY]


def test_a_field_that_becomes_required_is_counted() -> None:
    workspace = Workspace(own(fields={"area": REGION}))

    made = workspace.planned(own(fields={"area": {**REGION, "required": True}}))

    (required,) = of(made, RequireValue)
    assert str(required.sentence) == "Region is now required on Account."


def test_it_is_asked_whether_a_field_was_renamed() -> None:
    workspace = Workspace(own(fields={"area": REGION}))
    wanted = own(fields={"region": REGION})

    (question,) = workspace.planned(wanted).questions
    assert (question.gone, question.candidates) == ("x.order#/fields/area", ("x.order#/fields/region",))

    renamed = Intent({"x.order#/fields/area": "x.order#/fields/region"})
    assert workspace.planned(wanted, intent=renamed).questions == ()
    separate = Intent(separate=frozenset({"x.order#/fields/region"}))
    assert workspace.planned(wanted, intent=separate).questions == ()


def test_it_is_asked_whether_an_entity_was_renamed() -> None:
    workspace = Workspace(own(fields={"area": REGION}))

    (question,) = workspace.planned(entity("x.deal", fields={"area": REGION})).questions

    assert (question.gone, question.candidates) == ("x.order", ("x.deal",))


def test_packs_are_not_asked() -> None:
    workspace = Workspace(entity(fields={"area": REGION}))

    assert workspace.planned(entity(fields={"region": REGION})).questions == ()


def test_what_an_unfinished_publish_prepared_is_used() -> None:
    workspace = Workspace(own())
    wanted = own(fields={"size": {"type": "integer"}}, indexes={"by_name": {"fields": ["name"]}})
    made = workspace.planned(wanted)
    fresh = [replace(entry, state=State.PREPARED) for entry in made.written]
    workspace.ledger = workspace.ledger.with_changes(fresh)

    again = workspace.publish(wanted)

    assert not of(again, AddColumn)
    assert len(of(again, CreateIndex)) == 1
    assert {entry.uid for entry in again.written} == {entry.uid for entry in fresh}


def test_what_an_unfinished_publish_prepared_is_retired_when_nobody_wants_it() -> None:
    workspace = Workspace(own())
    made = workspace.planned(own(fields={"size": {"type": "integer"}}, indexes={"by_name": {"fields": ["name"]}}))
    workspace.ledger = workspace.ledger.with_changes([replace(entry, state=State.PREPARED) for entry in made.written])

    workspace.publish(own(label="Order"))

    assert not [entry for entry in workspace.ledger.entries if entry.state is State.PREPARED]
