"""Fields and rules of an entity document, edited as values."""

from typing import Any

import pytest

from trellis.services.studio.fieldedits import fitted, key_for, prefix_in, with_key, with_part, without_part

ENTITY: dict[str, Any] = {
    "kind": "entity", "id": "x.car", "label": "Car", "titleField": "name",
    "fields": {"name": {"type": "text"}, "seats": {"type": "integer"}},
    "validations": {"few": {"fail": "seats < 1", "message": "No seats."}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Lost reason", "lost_reason"),
        ("  Größe (m²) ", "groe_m2"),
        ("2nd phone", "field_2nd_phone"),
        ("输单原因", "field"),
        ("Owner", "owner_2"),
        ("Class", "class_2"),
        ("Seats", "seats_2"),
    ],
)
def test_a_key_says_what_the_label_says_and_is_free(label: str, key: str) -> None:
    assert key_for(label, ENTITY["fields"]) == key


def test_long_labels_give_keys_that_are_short_enough() -> None:
    key = key_for("word " * 40, (), prefix="x_")

    assert key.startswith("x_word")
    assert len(key) <= 48


def test_keys_in_documents_of_packs_begin_with_x() -> None:
    assert (prefix_in("sales.account"), prefix_in("x.car")) == ("x_", "")


def test_a_changed_part_stays_at_its_place() -> None:
    changed = with_part(ENTITY, "fields", "name", {"type": "longtext"})

    assert list(changed["fields"]) == ["name", "seats"]
    assert changed["fields"]["name"] == {"type": "longtext"}


def test_a_map_goes_with_its_last_part_but_fields_stay() -> None:
    assert "validations" not in without_part(ENTITY, "validations", "few")
    assert without_part(without_part(ENTITY, "fields", "name"), "fields", "seats")["fields"] == {}


def test_a_part_keeps_its_place_under_another_key() -> None:
    assert list(with_key(ENTITY, "fields", "name", "title")["fields"]) == ["title", "seats"]


def test_a_field_of_another_type_keeps_what_both_types_have() -> None:
    field = {"type": "text", "label": "Seats", "maxLength": 80, "required": True}

    assert fitted(field, {"type", "label", "required", "min"}, "integer") == {
        "type": "integer", "label": "Seats", "required": True,
    }  # fmt: skip
