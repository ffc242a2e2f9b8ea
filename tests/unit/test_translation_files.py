"""Texts that go to a translator as a file come back as they left, and what does not fit is told by its row."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trellis.metadata.texts import Text
from trellis.services.studio.translationedits import Words
from trellis.services.studio.translationfiles import COLUMNS, read, written

RULE: dict[str, Any] = {"order": 10, "fail": "amount < 0", "message": "Between {low} and {high}."}
DOCUMENTS: dict[str, Any] = {
    "x.a": {
        "kind": "entity", "id": "x.a", "label": "Visit", "labelPlural": "Visits", "titleField": "n",
        "fields": {"n": {"type": "text", "label": "Name", "help": "Which one"}}, "validations": {"r": RULE},
    }
}  # fmt: skip
TEXTS = (
    Text("x.a", "/label", "Visit"), Text("x.a", "/labelPlural", "Visits"), Text("x.a", "/fields/n/label", "Name"),
    Text("x.a", "/fields/n/help", "Which one"), Text("x.a", "/validations/r/message", RULE["message"]),
)  # fmt: skip
SOURCES = {text.place: text.text for text in TEXTS}
NOTHING = Words("de", {}, {})
CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).map(str.strip).filter(bool)


@given(st.dictionaries(st.sampled_from([text.place for text in TEXTS[:4]]), CELLS))
def test_what_is_written_is_read_again(own: dict[str, str]) -> None:
    sheet = read(written(TEXTS, Words("de", {}, own)), DOCUMENTS, SOURCES, NOTHING)

    assert sheet.texts == own
    assert sheet.rejected == ()
    assert sheet.unchanged == len(TEXTS) - len(own)


def test_rows_that_do_not_fit_are_told_with_their_reason() -> None:
    content = "\ufeffplace;source;translation\r\n" + "\r\n".join(
        (
            "x.a#/label;Visit;Besuch", "x.a#/nothing;;Leer", "x.a#/labelPlural;Calls;Anrufe",
            "x.a#/validations/r/message;;Zwischen {low}", "x.a#/fields/n/label;Name;",
        )
    )  # fmt: skip

    sheet = read(content, DOCUMENTS, SOURCES, NOTHING)

    assert sheet.texts == {"x.a#/label": "Besuch"}
    assert [item.row for item in sheet.rejected] == [3, 4, 5]
    assert [str(item.reason)[:20] for item in sheet.rejected] == [
        "There is no text at ", "The text to be trans", "These places must be",
    ]  # fmt: skip
    assert sheet.unchanged == 1


def test_a_file_without_the_columns_is_refused_at_once() -> None:
    sheet = read("a,b\n1,2\n", DOCUMENTS, SOURCES, NOTHING)

    assert [(item.row, item.reason.params) for item in sheet.rejected] == [(1, {"names": ", ".join(COLUMNS)})]


@given(st.text(max_size=200))
def test_any_file_can_be_read(content: str) -> None:
    read("place,translation\n" + content, DOCUMENTS, SOURCES, NOTHING)
    read(content, DOCUMENTS, SOURCES, NOTHING)
