"""From what a file says about its columns to an entity; pure."""

import re
from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from pathlib import PurePath

from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.proposing import words
from trellis.services.proposing.deciding import verdicts
from trellis.services.proposing.facts import Facts, facts_of
from trellis.services.proposing.naming import key_from
from trellis.services.proposing.plurals import plural_of, singular_of
from trellis.services.proposing.proposal import Proposal, ProposedColumn
from trellis.services.proposing.quantities import counts_rows
from trellis.services.proposing.splitting import splits
from trellis.services.proposing.statistics import Column, Sheet

OFTEN = 5
VALUES = 300
KEYS = frozenset({"text", "integer", "email", "phone", "url", "date", "datetime"})
LABEL = 120
_EXTENSIONS = re.compile(r"(?:\.(?:csv|tsv|txt|gz|xlsx|xls|xlsb|xlsm|ods))+$", re.IGNORECASE)
_NOISE = re.compile(
    r"^(?:utf\d*|bom|gbk|gb\d+|final|export(?:ed)?|copy|full|sample|dataset|data|v?\d+|sheet|table|all|list|the|of)$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"^(?:sheet|tabelle|feuil|table|工作表|表)\s*\d*$", re.IGNORECASE)


def propose(sheet: Sheet, known: Snapshot | None, locale: str, name: str, *, sheet_name: str = "") -> Proposal:
    """The entity for a file of this name: `known` says which ids are taken, `locale` how open questions are settled."""
    facts = facts_of(sheet, locale)
    columns = _columns(sheet, facts)
    key = _key(sheet, columns)
    title = _title(sheet, columns, key)
    label, plural = names_of(name, sheet_name)
    taken = {entity.partition(".")[2] for entity in known.entities} if known else set()
    return Proposal(
        id=f"x.{key_from(label, taken, 'table')}",
        label=label,
        plural=plural,
        columns=tuple(_with_key(column, key) for column in columns),
        title=title,
        key=key,
        rows=sheet.rows + sheet.ragged,
        ragged=sheet.ragged,
        decimal_mark=facts.decimal_mark,
        splits=splits(sheet, columns, key),
        notes=tuple(_notes(sheet, title)),
    )


def names_of(file_name: str, sheet_name: str = "") -> tuple[str, str]:
    """What one record and what many are called, by the name of the sheet or of the file."""
    stem = _EXTENSIONS.sub("", PurePath(file_name.replace("\\", "/")).name)
    spoken = sheet_name if sheet_name and not _NO_NAME.match(sheet_name.strip()) else stem
    parts = [part for part in words.parts_of(spoken) if not _NOISE.match(part) and (len(part) > 1 or part > "\x7f")]
    plain = " ".join(parts or words.parts_of(spoken)) or "Table"
    label = words.capital(plain if not plain.isascii() else " ".join(words.worded(plain.split())))
    single = singular_of(label)[:LABEL]
    return single, plural_of(single)


def _columns(sheet: Sheet, facts: Facts) -> list[ProposedColumn]:
    taken: set[str] = set()
    found = []
    for place, column in enumerate(sheet.columns, 1):
        proposed = _column(column, facts, key_from(words.label_of(column.header), taken, "field"))
        if re.fullmatch(r"Column \d+", column.header) and not column.filled:
            proposed = _without(proposed, f"field_{place}")
        taken.add(proposed.key)
        found.append(proposed)
    return found


def _without(column: ProposedColumn, key: str) -> ProposedColumn:
    return replace(column, key=key, keep=False)


def _column(column: Column, facts: Facts, key: str) -> ProposedColumn:
    best, *others = verdicts(column, facts)
    common = sorted(column.counts.items(), key=lambda item: -item[1])[:OFTEN] if not column.unique else []
    return ProposedColumn(
        header=column.header,
        key=key,
        label=words.label_of(column.header)[:LABEL],
        verdict=best,
        alternatives=tuple(others),
        samples=column.samples,
        blanks=column.blanks,
        distinct=column.distinct,
        more=column.overflown,
        may_be_key=column.unique and not column.blanks and best.type in KEYS,
        values=tuple(islice(column.counts, VALUES)) if best.type in ("text", "select") else (),
        keep=column.filled > 0,
        common=tuple((text[:60], count) for text, count in common),
    )


def _with_key(column: ProposedColumn, key: Collection[str]) -> ProposedColumn:
    return replace(column, unique=True, required=True) if column.header in key else column


def _key(sheet: Sheet, columns: list[ProposedColumn]) -> tuple[str, ...]:
    """The column that is filled and different in every row: one the header calls a key, else one of equal shape."""
    found = [
        (_keyness(column), -place, column.header)
        for place, (column, proposed) in enumerate(zip(sheet.columns, columns, strict=True))
        if column.unique and not column.blanks and sheet.rows > 1 and proposed.type == "text"
    ]
    best = max(found, default=None)
    return (best[2],) if best and best[0] >= 1 else ()


def _keyness(column: Column) -> float:
    even = column.characters == column.longest * max(column.distinct, 1)
    named = words.says(column.header, words.IDENTITY)
    return named + 0.5 * even + 0.6 * counts_rows(column) + 0.4 * words.says(column.header, words.NAME)


def _title(sheet: Sheet, columns: list[ProposedColumn], key: tuple[str, ...]) -> str:
    """The text that tells records apart best, a name if there is one."""
    found = [
        (_titleness(column, column.header in key), -place, column.header)
        for place, (column, proposed) in enumerate(zip(sheet.columns, columns, strict=True))
        if proposed.keep and proposed.type in ("text", "email") and column.longest <= LABEL
    ]
    best = max(found, default=None)
    return best[2] if best and best[0] >= 0.5 else ""


def _titleness(column: Column, is_key: bool) -> float:
    tells_apart = 1.0 if column.unique or column.overflown else column.distinct / max(column.filled, 1)
    named = words.says(column.header, words.NAME)
    return (tells_apart + 0.4 * named + 0.2 * is_key) * column.filled / max(column.rows, 1)


def _notes(sheet: Sheet, title: str) -> list[Message]:
    notes = []
    if sheet.ragged:
        params = {"count": sheet.ragged}
        notes.append(
            Message("Rows with another number of cells than the header: {count}; an import refuses them.", params)
        )
    if not title:
        notes.append(Message("No column tells the records apart, so they are numbered."))
    return notes
