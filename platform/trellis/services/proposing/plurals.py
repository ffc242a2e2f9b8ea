"""One and many, in English; other languages keep their words."""

_SAME = frozenset({"series", "news", "status", "species", "sales", "data"})


def singular_of(label: str) -> str:
    """A label for one record: `Orders` as “Order”."""
    head, _, last = label.rpartition(" ")
    if not last.isascii() or last.lower() in _SAME:
        return label
    return f"{head} {_one(last)}".strip()


def plural_of(label: str) -> str:
    """A label for many records: `Company` as “Companies”."""
    head, _, last = label.rpartition(" ")
    if not last.isascii() or not last[-1:].isalpha() or last.lower() in _SAME:
        return label
    return f"{head} {_many(last)}".strip()


def _one(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _many(word: str) -> str:
    if word.isupper():
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")
