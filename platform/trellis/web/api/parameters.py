"""The query string of a list becomes a query; what is not known is refused."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar
from urllib.parse import parse_qsl

from trellis.engine.query import Count, Query, SortKey
from trellis.kernel.errors import BadRequest, FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest

LIST = ("fields", "filter", "sort", "limit", "cursor", "count", "q", "deleted", "labels", "shared")
EXPORT = ("fields", "filter", "sort", "q", "deleted")
DEFAULT_LIMIT = 50
MAX_LIMIT = 2_000
_COUNTS = {
    "none": Count.NONE, "false": Count.NONE, "capped": Count.CAPPED, "true": Count.CAPPED, "exact": Count.EXACT,
}  # fmt: skip
Value = TypeVar("Value")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@lru_cache(4096)
def list_query(entity: str, query_string: bytes) -> Query:
    """The query of a list; `fields` stays empty when none are named. Raises BadRequest and Invalid."""
    given = parameters(query_string, LIST)
    return Query(
        entity,
        fields_of(given.get("fields", "")),
        filter=given.get("filter") or None,
        search=given.get("q", "").strip() or None,
        sort=_sort(given.get("sort", "")),
        limit=_limit(given.get("limit")),
        cursor=given.get("cursor") or None,
        count=_chosen("count", given.get("count", "none"), _COUNTS),
        deleted=_chosen("deleted", given.get("deleted", "false"), _TRUTH),
        labels=_chosen("labels", given.get("labels", "false"), _TRUTH),
        shared=_chosen("shared", given.get("shared", "false"), _TRUTH),
    )


def cautious(query_string: bytes) -> bool:
    """Whether warnings stop a save; raises BadRequest for other parameters, Invalid for other values."""
    return _chosen("cautious", parameters(query_string, ("cautious",)).get("cautious", "false"), _TRUTH)


def parameters(query_string: bytes, known: tuple[str, ...]) -> dict[str, str]:
    """The parameters by name; raises BadRequest for one that is unknown, repeated or not text."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise BadRequest(Message("The query string is not valid.")) from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise BadRequest(_unknown(name, known))
        if name in given:
            raise BadRequest(Message("The parameter “{name}” is given twice.", {"name": name}))
        if "\x00" in value:
            raise BadRequest(Message("The query string is not valid."))
        given[name] = value
    return given


def _unknown(name: str, known: tuple[str, ...]) -> Message:
    guess = nearest(name, known)
    if guess:
        return Message("There is no parameter “{name}”. Did you mean “{guess}”?", {"name": name[:60], "guess": guess})
    return Message("There is no parameter “{name}”.", {"name": name[:60]})


def fields_of(text: str) -> tuple[str, ...]:
    """The paths of a comma-separated list, each once; `id` and `version` always come along."""
    paths = (path.strip() for path in text.split(","))
    return tuple(dict.fromkeys(path for path in paths if path and path not in ("id", "version")))


def _sort(text: str) -> tuple[SortKey, ...]:
    keys = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(SortKey(key.removeprefix("-"), key.startswith("-")) for key in keys)


def _limit(text: str | None) -> int:
    return DEFAULT_LIMIT if text is None else whole_number("limit", text, 1, MAX_LIMIT)


def whole_number(name: str, text: str, low: int, high: int) -> int:
    """The number that a parameter holds; raises Invalid outside of its bounds."""
    if text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high:
        return int(text)
    sentence = Message("This must be a whole number from {low} to {high}.", {"low": low, "high": high})
    raise Invalid([FieldError(name, "range", sentence)])


def _chosen(name: str, text: str, values: Mapping[str, Value]) -> Value:
    if text not in values:
        raise Invalid(
            [FieldError(name, "choice", Message("This must be one of {choices}.", {"choices": ", ".join(values)}))]
        )
    return values[text]
