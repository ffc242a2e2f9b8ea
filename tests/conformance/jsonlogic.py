"""The cases of the JsonLogic suites."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from tests.conformance.cases import Case, Failure, Untranslatable
from tests.conformance.jsonlogic_rules import RULES
from tests.conformance.jsonlogic_translator import Translator

FOLDER = Path("json-logic", "suites")


def rule_cases(folder: Path) -> Iterator[Case]:
    """The cases of all suites."""
    for path in sorted((folder / FOLDER).rglob("*.json")):
        listed = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        rules = [entry for entry in listed if not isinstance(entry, str)]
        for position, entry in enumerate(rules, start=1):
            name = f"{path.relative_to(folder / FOLDER).with_suffix('')} {position}"
            yield _case(name, entry["rule"], entry.get("data"), _expected(entry))


def _case(name: str, rule: object, data: object, expected: object) -> Case:
    group = next(iter(rule)) if isinstance(rule, dict) and len(rule) == 1 else "constants"
    shown = json.dumps(rule, ensure_ascii=False, default=str)
    try:
        translator = Translator(data, RULES)
        translation = translator.sheet.translation(translator.value(rule))
    except Untranslatable as missing:
        return Case(name, group, shown, expected, missing=str(missing))
    return Case(name, group, shown, expected, translation)


def _expected(entry: Mapping[str, object]) -> object:
    if "error" in entry:
        return Failure(str(entry["error"]))
    result = entry["result"]
    return Decimal(result) if isinstance(result, int) and not isinstance(result, bool) else result
