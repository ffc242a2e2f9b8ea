"""Every registered field type in HTML: readable in both languages, and never a way for text to become markup."""

from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.support.fieldtypes import CASES, Case
from tests.support.hostile import hostile_strings
from tests.support.laboratory import checker, spec
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.values import cell_of, display

READERS = (LocaleFormats("en", "America/Anchorage", "USD"), LocaleFormats("zh-CN", "Pacific/Kiritimati", "CNY"))
HARMLESS_TAGS = {"a", "span", "code", "br", "time", "svg", "use", "input"}
HARMLESS_ADDRESSES = ("https://", "http://", "mailto:", "tel:", "/")

cases = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


class Page(HTMLParser):
    """The tags and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.text += "\n" if tag == "br" else ""
        self.open += [] if tag in ("br", "input") else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def harmless(self) -> bool:
        """Whether there is nothing that runs or loads."""
        return not self.open and all(
            tag in HARMLESS_TAGS
            and not any(name.startswith("on") or name in ("style", "src") for name in attributes)
            and (attributes.get("href") or "/").startswith(HARMLESS_ADDRESSES)
            for tag, attributes in self.tags
        )


@cases
def test_a_value_can_be_read_in_every_language(case: Case) -> None:
    for formats in READERS:
        pages = {
            repr(value): Page(display(spec(case.key), value, _label(spec(case.key), value), formats))
            for value in case.kept
        }

        assert [value for value, page in pages.items() if not page.harmless or not page.text.strip()] == []


@cases
def test_nothing_is_an_empty_cell_and_a_dash_on_a_page(case: Case) -> None:
    field = spec(case.key)
    nothing = () if field.multiple else None

    assert cell_of(field, READERS[0])(nothing, _label(field, nothing)) == ""
    assert Page(display(field, nothing, _label(field, nothing), READERS[0])).text == "–"
    assert cell_of(field, READERS[0], Level.MASKED)(field.masked(nothing), None) == ""


@cases
def test_hostile_values_stay_text(case: Case) -> None:
    field, wrong = spec(case.key), []
    for text in hostile_strings():
        checked = checker(case.key).check({case.key: text})
        value = checked.values.get(case.key)
        page = Page(cell_of(field, READERS[0])(value, _label(field, value)))
        if not page.harmless or (
            case.type in ("text", "longtext", "email", "autonumber") and page.text != (value or "")
        ):
            wrong.append((text, page.text))

    assert wrong == []


@pytest.mark.parametrize("case", [case for case in CASES.values() if spec(case.key).target], ids=lambda case: case.key)
def test_hostile_titles_stay_text(case: Case) -> None:
    field = spec(case.key)
    for text in filter(str.strip, hostile_strings()):
        label: Any = [(case.kept[0][0], text)] if field.multiple else text

        page = Page(cell_of(field, READERS[0])(case.kept[0], label))

        assert page.harmless
        assert text in page.text


@cases
def test_hostile_masks_stay_text(case: Case) -> None:
    for text in hostile_strings():
        page = Page(cell_of(spec(case.key), READERS[0], Level.MASKED)(text, None))

        assert page.harmless
        assert page.text == text


def _label(field: FieldType, value: Any) -> Any:
    """What the read path gives as the title of a link."""
    if field.target is None:
        return None
    return [(one, "A title") for one in value or ()] if field.multiple else value and "A title"
