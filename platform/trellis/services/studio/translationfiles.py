"""Texts as a table that a translator fills in with a spreadsheet program."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trellis.kernel.messages import Message
from trellis.metadata.texts import Text
from trellis.services.studio.translationedits import Documents, Words, refusal
from trellis.services.transfer.safety import original, safe

COLUMNS = ("place", "source", "pack", "translation")
MOST_ROWS = 100_000
LONGEST_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, by its number in the file, and why."""

    row: int
    place: str
    reason: Message


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says: texts that can be taken, how many of its rows say nothing new, and rows that were rejected."""

    texts: Mapping[str, str]
    unchanged: int
    rejected: tuple[Rejected, ...]


def written(texts: Iterable[Text], known: Words) -> str:
    """The table of texts; the translation is the one that people read now."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for text in texts:
        cells = (text.place, text.text, known.packs.get(text.place, ""), known.text(text.place))
        writer.writerow([safe(cell) for cell in cells])
    return file.getvalue()


def read(content: str, documents: Documents, sources: Mapping[str, str], known: Words) -> Sheet:
    """The texts of a table; `sources` are the texts of the documents by place. A row without a translation says nothing."""
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), delimiter=_delimiter(content))
    if not {"place", "translation"} <= _names(rows):
        reason = Message("The first row must name the columns: {names}.", {"names": ", ".join(COLUMNS)})
        return Sheet({}, 0, (Rejected(1, "", reason),))
    return _sheet(rows, documents, sources, known)


def _names(rows: "csv.DictReader[str]") -> set[str]:
    try:
        return set(rows.fieldnames or ())
    except csv.Error:
        return set()


def _sheet(rows: "csv.DictReader[str]", documents: Documents, sources: Mapping[str, str], known: Words) -> Sheet:
    texts: dict[str, str] = {}
    rejected: list[Rejected] = []
    unchanged = 0
    try:
        for number, row in enumerate(rows, start=2):
            place, text = original((row.get("place") or "").strip()), original((row.get("translation") or "").strip())
            if number > MOST_ROWS:
                reason = Message("A file has at most {limit} rows.", {"limit": MOST_ROWS})
                return Sheet(texts, unchanged, (*rejected, Rejected(number, place, reason)))
            if not text or text == known.text(place):
                unchanged += 1
                continue
            source = original((row.get("source") or "").strip())
            wrong = _moved_on(sources.get(place), source) or refusal(documents, place, text)
            if wrong is not None:
                rejected.append(Rejected(number, place, wrong))
            else:
                texts[place] = text
    except csv.Error:
        rejected.append(Rejected(rows.line_num, "", Message("From here on the file cannot be read as a table.")))
    return Sheet(texts, unchanged, tuple(rejected))


def _moved_on(now: str | None, then: str) -> Message | None:
    """Whether the text that was translated is another one by now."""
    if now is None or not then or now.strip() == then:
        return None
    return Message("The text to be translated is another one by now: {text}", {"text": now})


def _delimiter(content: str) -> str:
    """The mark that stands most often between the columns of the first row."""
    first = content.split("\n", 1)[0]
    return max(",;\t", key=first.count)
