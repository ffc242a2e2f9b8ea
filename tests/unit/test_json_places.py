"""Where the places of a document stand in its text."""

from trellis.services.studio.jsonplaces import spot_of, spots

TEXT = '{\n  "id": "x.car",\n  "fields": {\n    "a": { "type": "text" }\n  },\n  "list": ["one", {"two": 2}]\n}'


def test_every_member_has_its_line_and_column() -> None:
    found = spots(TEXT)

    assert {where: (spot.line, spot.column) for where, spot in found.items()} == {
        "": (1, 1), "/id": (2, 3), "/fields": (3, 3), "/fields/a": (4, 5), "/fields/a/type": (4, 12),
        "/list": (6, 3), "/list/0": (6, 12), "/list/1": (6, 19), "/list/1/two": (6, 20),
    }  # fmt: skip


def test_a_spot_marks_the_name() -> None:
    spot = spots(TEXT)["/fields/a"]

    assert TEXT[spot.start : spot.end] == '"a"'


def test_what_is_missing_is_shown_at_what_is_around_it() -> None:
    assert spot_of(spots(TEXT), "/fields/a/label/more") == spots(TEXT)["/fields/a"]


def test_a_text_with_a_mistake_is_read_as_far_as_it_goes() -> None:
    assert spots('{"a": {"b": 1, "c": "d')["/a/c"].column == 16
    assert spots("") == {}
    assert spots("]}, :{") is not None
