"""What people write by habit from spreadsheets and programming, and what they should write here."""

from trellis.kernel.messages import Message

_INSTEAD = {
    "IF": "when(condition, value, otherwise)",
    "IFS": "when(condition, value, condition, value, otherwise)",
    "AND": "a and b",
    "OR": "a or b",
    "NOT": "not a",
    "ISBLANK": "blank(x)",
    "ISNULL": "blank(x)",
    "IFNULL": "coalesce(x, instead)",
    "IFERROR": "coalesce(x, instead)",
    "NVL": "coalesce(x, instead)",
    "LEN": "length(text)",
    "CONCATENATE": "a + b",
    "CONCAT": "a + b",
    "MIN": "least(a, b)",
    "MAX": "greatest(a, b)",
    "ROUNDUP": "ceil(x)",
    "ROUNDDOWN": "floor(x)",
    "CEILING": "ceil(x)",
    "INT": "trunc(x)",
    "SUBSTR": "mid(text, start, count)",
    "SUBSTRING": "mid(text, start, count)",
    "EDATE": "add_months(date, n)",
    "EOMONTH": "end_of(date, 'month')",
    "DATEDIF": "days_between(from, to)",
    "DATEDIFF": "days_between(from, to)",
    "LIKE": "contains(text, part)",
    "SEARCH": "contains(text, part)",
    "FIND": "contains(text, part)",
    "POWER": "x * x",
}


def function_hint(name: str, known: tuple[str, ...]) -> Message | None:
    """What to write instead of an unknown function name that comes from elsewhere."""
    if name not in known and name.lower() in known:
        return Message("Write {text}.", {"text": name.lower() + "(…)"})
    instead = _INSTEAD.get(name.upper())
    return Message("Write {text}.", {"text": instead}) if instead else None


def name_hint(name: str) -> Message | None:
    """What to write instead of an unknown plain name that comes from elsewhere."""
    instead = {
        "TRUE": "true",
        "FALSE": "false",
        "NULL": "null",
        "NIL": "null",
        "AND": "and",
        "OR": "or",
        "TODAY": "today()",
        "NOW": "now()",
    }
    found = instead.get(name.upper())
    return Message("Write {text}.", {"text": found}) if found else None
