"""When two values count as the same: texts lose what does not matter before they are compared."""

import unicodedata
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from trellis.metadata.documents import Entity
from trellis.metadata.documents.rules import DuplicateRule
from trellis.metadata.snapshot import Snapshot

Normalize = Callable[[str], str]


def _casefold(text: str) -> str:
    """Capitals, full-width forms and runs of spaces do not matter (Unicode, NFKC and full case folding)."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def _letters(text: str) -> str:
    """Only letters, their marks and digits matter, in any case."""
    return "".join(sign for sign in _casefold(text) if unicodedata.category(sign)[0] in "LMN")


def _digits(text: str) -> str:
    """Only digits matter, of whichever script."""
    return "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())


NORMALIZE: Mapping[str, Normalize] = {
    "exact": lambda text: text,
    "casefold": _casefold,
    "letters": _letters,
    "digits": _digits,
}


def rule_name(entity: Entity, key: str) -> str:
    """What tells this rule from every other one, and from itself before it was changed."""
    rule = entity.duplicates[key]
    kinds = ",".join(f"{name}:{_kind(entity, name)}" for name in rule.match)
    return f"{entity.id}#{key} {kinds} {rule.normalize} {rule.action}{'' if rule.ignore_empty else ' with empty'}"


def rule_names(snapshot: Snapshot | None) -> dict[str, tuple[str, str]]:
    """The names of all rules of a release, with the entity and the key of each."""
    entities = snapshot.entities.values() if snapshot else ()
    return {rule_name(entity, key): (entity.id, key) for entity in entities for key in entity.duplicates}


def _kind(entity: Entity, name: str) -> str:
    field = entity.field(name)
    return field.expression_kind if field else ""


def duplicate_key(entity: Entity, rule: DuplicateRule, name: str, values: Mapping[str, Any]) -> str | None:
    """The fingerprint of a record under a rule; None when it is not compared, because a value is missing."""
    parts = [_normal(entity, rule, field, values.get(field)) for field in rule.match]
    if not any(parts) or (rule.ignore_empty and not all(parts)):
        return None
    return blake2b(repr((name, parts)).encode(), digest_size=16).hexdigest()


def _normal(entity: Entity, rule: DuplicateRule, name: str, value: Any) -> str:
    field = entity.all_fields[name]
    text = field.to_text(value)
    return NORMALIZE[rule.normalize](text) if field.expression_kind == "text" else text
