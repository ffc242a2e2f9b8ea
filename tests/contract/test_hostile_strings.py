"""Strings that broke the software of others: every field type refuses them in words, or keeps and finds them exactly."""

import contextlib
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.fieldtypes import CASES, Case, PlainFormats
from tests.support.hostile import hostile_strings
from tests.support.laboratory import SCRATCH, Laboratory, checker, spec
from trellis.engine.query import Query
from trellis.kernel.errors import Invalid
from trellis.metadata.fieldtypes import FieldType, Refused
from trellis.services import queries
from trellis.services.commands import Create, Outcome
from trellis.services.records import write

FREE_TEXT = ("line", "story", "extra")
"""Fields that take any text that can be stored at all."""

cases = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


@cases
async def test_a_string_is_refused_or_kept(lab: Laboratory, case: Case) -> None:
    strings = hostile_strings()

    outcomes = await _written(lab, case, strings)

    refused = {text for text, outcome in zip(strings, outcomes, strict=True) if outcome.error is not None}
    assert [outcome for outcome in outcomes if outcome.error is not None and not _said(outcome, case)] == []
    await _kept_as_checked(
        lab, case, [(text, outcome) for text, outcome in zip(strings, outcomes, strict=True) if text not in refused]
    )
    if case.key in FREE_TEXT:
        assert refused == {text for text in strings if _cannot_be_stored(case, text)}


@cases
async def test_a_typed_string_is_refused_or_kept(lab: Laboratory, case: Case) -> None:
    field = spec(case.key)
    read = [_read(field, text) for text in hostile_strings()]
    assert all(str(found.message) for found in read if isinstance(found, Refused))
    values = [found for found in read if not isinstance(found, Refused)]

    outcomes = await _written(lab, case, values)

    assert [outcome for outcome in outcomes if outcome.error is not None and not _said(outcome, case)] == []
    kept = [(value, outcome) for value, outcome in zip(values, outcomes, strict=True) if outcome.error is None]
    await _kept_as_checked(lab, case, kept)


async def test_a_hostile_string_is_found_by_itself(lab: Laboratory) -> None:
    strings = [text for text in hostile_strings() if not _cannot_be_stored(CASES["line"], text) and text.strip()]
    outcomes = await _written(lab, CASES["line"], strings)
    stored = await lab.values(SCRATCH, "line", [outcome.id for outcome in outcomes])

    for value in dict.fromkeys(stored.values()):
        wanted = {record for record, other in stored.items() if other == value}
        source = f"line == {spec('line').literal(value)}"
        page = await queries.list_records(lab.context, Query(SCRATCH, ("line",), filter=source, limit=2_000))
        assert wanted <= {row[0] for row in page.rows}, value
        assert {row[2] for row in page.rows} == {value}


async def test_a_hostile_title_is_kept_and_searched(lab: Laboratory) -> None:
    names = [
        text
        for text in hostile_strings()
        if len(text) <= 255 and text.strip() and not _cannot_be_stored(CASES["story"], text)
    ]
    outcomes = await write(lab.context, "lab.thing", [Create({"name": name}) for name in names])
    stored = await lab.values("lab.thing", "name", [outcome.id for outcome in outcomes])

    for outcome, name in zip(outcomes, names, strict=True):
        assert str(stored[outcome.id]).split() == name.split()
        await queries.choices(lab.context, "lab.thing", name)


async def test_a_hostile_filter_is_answered_or_refused(lab: Laboratory) -> None:
    for text in hostile_strings():
        with contextlib.suppress(Invalid):
            await queries.list_records(lab.context, Query(SCRATCH, filter=text, limit=1))


def _read(field: FieldType, text: str) -> Any:
    """The value of a text, or why there is none."""
    try:
        return field.from_text(text)
    except Refused as refused:
        return refused


async def _written(lab: Laboratory, case: Case, values: Sequence[Any]) -> list[Outcome]:
    """What became of new records with these values."""
    commands = [Create({"name": "hostile", case.key: value}) for value in values]
    return await write(lab.context, SCRATCH, commands, atomic=False)


async def _kept_as_checked(lab: Laboratory, case: Case, written: Sequence[tuple[Any, Outcome]]) -> None:
    """What is stored is what the check of the input said, it may be given again, and it can be shown."""
    stored = await lab.values(SCRATCH, case.key, [outcome.id for _, outcome in written])
    field = spec(case.key)
    for given, outcome in written:
        wanted = checker(case.key).check({case.key: given}).values[case.key]
        if case.type == "autonumber" and wanted is None:
            continue
        assert stored[outcome.id] == wanted, given
        assert checker(case.key).check({case.key: wanted}).values[case.key] == wanted
        assert isinstance(field.display(wanted, PlainFormats()) + field.to_text(wanted), str)
        if case.key in FREE_TEXT:
            assert wanted == _as_documented(case, given)


def _said(outcome: Outcome, case: Case) -> bool:
    """Whether the refusal is about the field, and in words."""
    error = outcome.error
    return isinstance(error, Invalid) and all(found.path == case.key and str(found.message) for found in error.errors)


def _as_documented(case: Case, text: object) -> object:
    """What the documentation of the type says is kept of a text."""
    if not isinstance(text, str):
        return text
    if case.type == "json":
        return text or None
    lines = text.strip().replace("\r\n", "\n").replace("\r", "\n")
    return (" ".join(lines.splitlines()) if case.type == "text" and "\n" in lines else lines) or None


def _cannot_be_stored(case: Case, text: str) -> bool:
    """Whether a text has control characters, or is too long."""
    longest = {"line": 400, "story": 1_000, "extra": 100_000}[case.key]
    controls = "\x00" if case.type == "json" else "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127]))
    return any(mark in text for mark in controls) or (case.type != "json" and len(text.strip()) > longest)
