"""Entities are locked in the direction in which changes flow."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.publishing import entity
from tests.support.shop import documents, formula
from trellis.engine.lockorder import LockOrder
from trellis.metadata.snapshot import Snapshot
from trellis.storage.locks import Locks


def order(*raw: dict[str, Any]) -> LockOrder:
    return LockOrder.of(Snapshot.of(1, raw))


def test_changes_flow_from_products_over_lines_and_deals_to_customers() -> None:
    shop = order(*documents("stored"))

    ranks = [shop.rank(f"shop.{name}") for name in ("product", "line", "deal", "customer")]

    assert ranks == sorted(set(ranks))


def test_what_a_change_may_reach_is_known() -> None:
    shop = order(*documents("stored"))

    assert shop.is_written_from("shop.product", "shop.customer")
    assert shop.is_written_from("shop.customer", "shop.deal"), "the label of a deal names its customer"
    assert not shop.is_written_from("shop.customer", "shop.line")
    assert not shop.is_written_from("shop.line", "shop.product")


def test_an_entity_that_reads_itself_has_a_place() -> None:
    boss = {"boss": {"type": "lookup", "target": "a.person"}, "above": formula("text", "boss.name", storage="stored")}

    tree = order(*documents("stored"), entity("a.person", fields=boss))

    assert tree.is_written_from("a.person", "a.person")
    assert tree.rank("a.person") != tree.rank("shop.deal")


PLACES = st.tuples(st.integers(0, 3), st.sampled_from("abc"))


@given(wanted=st.lists(PLACES), shared=st.booleans())
def test_a_lock_is_late_when_a_later_one_is_held(wanted: list[tuple[int, str]], shared: bool) -> None:
    locks, held = Locks(), set[tuple[int, str]]()
    for rank, record in wanted:
        missing = locks.missing(f"e{rank}", [record], shared=shared)
        assert bool(missing) == ((rank, record) not in held)
        assert locks.is_late(rank, f"e{rank}", missing) == (bool(missing) and any((rank, record) < one for one in held))
        locks.note(rank, f"e{rank}", missing, shared=shared)
        held.add((rank, record))


def test_what_is_shared_is_late_to_be_held_alone() -> None:
    locks = Locks()
    locks.note(1, "e", ["a"], shared=True)

    assert locks.missing("e", ["a"], shared=True) == []
    assert locks.missing("e", ["a"], shared=False) == ["a"]
    assert locks.is_late(1, "e", ["a"])
