"""The ledger as older releases need it."""

from dataclasses import replace

from trellis.metadata.ledger import Ledger, LedgerEntry, State

NAME = LedgerEntry(1, "x.thing#/fields/name", "c0001_name", "text")


def test_a_field_has_the_path_of_its_time() -> None:
    renamed = replace(NAME, path="x.thing#/fields/title", former=((5, NAME.path),))

    assert Ledger((renamed,)).as_of(4).live[NAME.path].physical == "c0001_name"
    assert NAME.path not in Ledger((renamed,)).as_of(5).live


def test_of_several_renames_the_one_that_came_next_counts() -> None:
    twice = replace(NAME, path="x.thing#/fields/c", former=((3, NAME.path), (7, "x.thing#/fields/b")))

    assert [twice.path_at(release)[-1] for release in (2, 3, 6, 7)] == ["e", "b", "b", "c"]


def test_a_new_field_under_an_old_key_does_not_take_the_place_of_the_renamed_one() -> None:
    renamed = replace(NAME, path="x.thing#/fields/title", former=((5, NAME.path),))
    newcomer = LedgerEntry(2, NAME.path, "c0002_name", "text")
    gone = replace(newcomer, state=State.RETIRED, retired=7)

    assert Ledger((renamed, newcomer)).as_of(4).live[NAME.path].uid == 1
    assert Ledger((renamed, gone)).as_of(4).live[NAME.path].uid == 1
    assert Ledger((renamed, newcomer)).as_of(6).live[NAME.path].uid == 2


def test_what_was_retired_since_is_in_use() -> None:
    retired = replace(NAME, state=State.RETIRED, retired=3)
    newcomer = LedgerEntry(2, NAME.path, "c0002_name", "integer")

    assert Ledger((retired, newcomer)).as_of(2).live[NAME.path].uid == 1
    assert Ledger((retired, newcomer)).as_of(3).live[NAME.path].uid == 2


def test_between_retirement_and_restore_another_one_held_the_path() -> None:
    restored = replace(NAME, former=((3, NAME.path), (8, "")))
    between = LedgerEntry(2, NAME.path, "c0002_name", "text", State.RETIRED, 8)

    uids = [Ledger((restored, between)).as_of(release).live[NAME.path].uid for release in (2, 3, 7, 8)]
    assert uids == [1, 2, 2, 1]
