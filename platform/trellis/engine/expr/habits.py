"""What people write by habit from spreadsheets, databases and programming, and what they should write here."""

from trellis.engine.expr.functions import FunctionRegistry
from trellis.kernel.messages import Message

_INSTEAD = {
    "IF": "when(condition, value, otherwise)",
    "IIF": "when(condition, value, otherwise)",
    "IFS": "when(condition, value, condition, value, otherwise)",
    "CASE": "when(condition, value, condition, value, otherwise)",
    "SWITCH": "when(x == 'a', value, x == 'b', value, otherwise)",
    "CHOOSE": "when(x == 1, value, x == 2, value, otherwise)",
    "AND": "a and b",
    "OR": "a or b",
    "NOT": "not a",
    "XOR": "a != b",
    "TRUE": "true",
    "FALSE": "false",
    "NULL": "null",
    "ISBLANK": "blank(x)",
    "ISNULL": "blank(x)",
    "ISEMPTY": "blank(x)",
    "ISNA": "blank(x)",
    "ISERROR": "blank(x)",
    "ISNUMBER": "filled(to_number(text))",
    "ISNEW": "not record.exists",
    "ISCHANGED": "changed('field')",
    "PRIORVALUE": "prev.field",
    "ISPICKVAL": "stage == 'open'",
    "INCLUDES": "has(values, 'key')",
    "IFNULL": "coalesce(x, instead)",
    "IFNA": "coalesce(x, instead)",
    "NVL": "coalesce(x, instead)",
    "BLANKVALUE": "coalesce(x, instead)",
    "NULLVALUE": "coalesce(x, instead)",
    "NULLIF": "when(a != b, a, null)",
    "ZN": "coalesce(x, 0)",
    "IFERROR": "div(a, b, otherwise) for quotients, coalesce(x, instead) for empty values",
    "DIVIDE": "div(a, b, otherwise)",
    "QUOTIENT": "trunc(a / b)",
    "LEN": "length(text)",
    "CONCATENATE": "a + b",
    "CONCAT": "a + b",
    "TEXTJOIN": "a + ', ' + b",
    "STR": "text(x)",
    "STRING": "text(x)",
    "TO_TEXT": "text(x)",
    "TO_CHAR": "text(x, pattern)",
    "FORMAT": "text(x, pattern)",
    "FIXED": "text(x, '0.00')",
    "VALUE": "to_number(text)",
    "NUMBERVALUE": "to_number(text)",
    "FLOAT": "to_number(text)",
    "DATEVALUE": "to_date(text)",
    "SUBSTITUTE": "replace(text, part, instead)",
    "LOWERCASE": "lower(text)",
    "UPPERCASE": "upper(text)",
    "LPAD": "pad_left(text, length, filler)",
    "EXACT": "a == b",
    "BEGINS": "starts_with(text, part)",
    "STARTSWITH": "starts_with(text, part)",
    "ENDSWITH": "ends_with(text, part)",
    "MIN": "least(a, b)",
    "MAX": "greatest(a, b)",
    "ROUNDUP": "ceil(x)",
    "ROUNDDOWN": "floor(x)",
    "CEILING": "ceil(x)",
    "INT": "trunc(x)",
    "SUBSTR": "mid(text, start, count)",
    "SUBSTRING": "mid(text, start, count)",
    "LIKE": "contains(text, part)",
    "SEARCH": "contains(text, part)",
    "FIND": "contains(text, part)",
    "POWER": "x * x",
    "POW": "x * x",
    "EDATE": "add_months(date, n)",
    "ADDMONTHS": "add_months(date, n)",
    "EOMONTH": "end_of(date, 'month')",
    "DATEADD": "add_days(date, n), add_months(date, n) or moment + hours(n)",
    "DATEDIF": "days_between(from, to) or months_between(from, to)",
    "DATEDIFF": "days_between(from, to) or months_between(from, to)",
    "DATE_DIFF": "days_between(from, to) or months_between(from, to)",
    "NETWORKDAYS": "workdays_between(from, to)",
    "WORKDAY": "add_workdays(date, n)",
    "YEARFRAC": "months_between(from, to) / 12",
    "DATETIME": "'2024-01-31T09:30:00Z'",
    "TIME": "hours(n) or minutes(n)",
    "HOUR": "in_hours(duration)",
    "GETDATE": "now()",
    "SYSDATE": "now()",
    "CURRENT_DATE": "today()",
}
_TOTALS = frozenset(
    {
        "SUM",
        "SUMIF",
        "SUMIFS",
        "COUNT",
        "COUNTA",
        "COUNTIF",
        "COUNTIFS",
        "AVG",
        "AVERAGE",
        "AVERAGEIF",
        "MINIFS",
        "MAXIFS",
    }
)
_LOOKUPS = frozenset({"VLOOKUP", "HLOOKUP", "XLOOKUP", "LOOKUP", "INDEX", "MATCH", "RELATED", "LOOKUPVALUE"})
_WORDS = {
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "IN": "in",
    "IF": "when(condition, value, otherwise)",
    "THEN": "when(condition, value, otherwise)",
    "CASE": "when(condition, value, otherwise)",
    "WHEN": "when(condition, value, otherwise)",
    "ELSE": "value if condition else otherwise",
    "IS": "blank(x) or filled(x)",
    "LIKE": "contains(text, part)",
    "CONTAINS": "contains(text, part)",
    "BETWEEN": "between(x, low, high)",
    "MOD": "a % b",
    "DIV": "trunc(a / b)",
}
_NAMES = {
    "TRUE": "true",
    "FALSE": "false",
    "YES": "true",
    "NULL": "null",
    "NIL": "null",
    "NONE": "null",
    "EMPTY": "null",
    "AND": "and",
    "OR": "or",
    "TODAY": "today()",
    "NOW": "now()",
    "USER": "me.id",
    "CURRENT_USER": "me.id",
    "SELF": "record",
    "THIS": "record",
}


def function_hint(name: str, functions: FunctionRegistry) -> Message | None:
    """What to write instead of an unknown function name that comes from elsewhere."""
    known = functions.get(name.lower())
    if known is not None:
        return _write(known.signature)
    word = name.upper()
    if word in _TOTALS:
        return Message("Totals over other records are roll-up fields; within a record write a + b.")
    if word in _LOOKUPS:
        return Message("Follow the lookup with a point: account.name.")
    return _write(_INSTEAD[word]) if word in _INSTEAD else None


def name_hint(name: str) -> Message | None:
    """What to write instead of an unknown plain name that comes from elsewhere."""
    found = _NAMES.get(name.upper())
    return _write(found) if found else None


def word_hint(word: str) -> Message | None:
    """What to write instead of a word that stands where an operator should."""
    found = _WORDS.get(word.upper())
    return _write(found) if found and found != word else None


def _write(text: str) -> Message:
    return Message("Write {text}.", {"text": text})
