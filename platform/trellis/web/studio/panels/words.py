"""What people call the members of documents, their choices, and the types of fields."""

from collections.abc import Mapping
from dataclasses import dataclass

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import Element, FieldType, fieldtypes
from trellis.metadata.fieldtypes.registry import type_name
from trellis.metadata.glossary import meaning

LABELS: Mapping[str, Message] = {
    "label": Message("Label"),
    "labelPlural": Message("Plural"),
    "description": Message("Description"),
    "help": Message("Help"),
    "hint": Message("Hint"),
    "icon": Message("Icon"),
    "required": Message("Required"),
    "requiredFor": Message("Required for"),
    "unique": Message("Unique"),
    "default": Message("Default"),
    "system": Message("Written by the platform only"),
    "pii": Message("About a person"),
    "mask": Message("Mask"),
    "search": Message("Found by search"),
    "ext": Message("Members of others"),
    "maxLength": Message("Longest text"),
    "pattern": Message("Pattern"),
    "region": Message("Region"),
    "min": Message("Smallest"),
    "max": Message("Largest"),
    "precision": Message("Digits"),
    "scale": Message("Decimals"),
    "options": Message("Options"),
    "optionset": Message("Option list"),
    "target": Message("Leads to"),
    "onDelete": Message("When the other record is deleted"),
    "inverse/key": Message("Key on the other side"),
    "inverse/label": Message("Name on the other side"),
    "filter": Message("Offered records"),
    "reset": Message("Counting begins again"),
    "maxSize": Message("Largest size"),
    "types": Message("Media types"),
    "schema": Message("JSON Schema"),
    "changeOf": Message("Last change of"),
    "returns": Message("Result"),
    "storage": Message("Kept"),
    "expr": Message("Formula"),
    "nulls": Message("Empty numbers"),
    "over": Message("Records"),
    "agg": Message("Taken together as"),
    "field": Message("Field"),
    "where": Message("Only where"),
    "empty": Message("Without records"),
    "separator": Message("Between values"),
    "titleField": Message("Title"),
    "summaryFields": Message("Beside the title"),
    "traits/owned": Message("Has an owner"),
    "traits/softDelete": Message("Has a bin"),
    "traits/optimisticLock": Message("Guards against overwriting"),
    "traits/multiCurrency": Message("Several currencies"),
    "traits/childOf": Message("Part of"),
    "traits/activities": Message("Activities"),
    "traits/attachments": Message("Attachments"),
    "traits/audit": Message("History"),
    "fail": Message("Refused when"),
    "message": Message("Message"),
    "at": Message("Stands at"),
    "severity": Message("Severity"),
    "match": Message("Same when equal"),
    "normalize": Message("Compared"),
    "action": Message("What happens"),
    "ignoreEmpty": Message("Empty is never the same"),
    "fields": Message("Fields"),
    "extensible": Message("Customers may add options"),
    "tone": Message("Colour"),
    "active": Message("Offered"),
    "replacedBy": Message("Replaced by"),
    "when": Message("Only when"),
}

HELPS: Mapping[str, Message | str] = {
    "default": Message("What a new record begins with."),
    "tone": "",
    "icon": "",
    **dict.fromkeys(
        ("required", "min", "max", "precision", "scale", "options", "titleField", "extensible", "returns", "label"), ""
    ),
    "filter": Message("A condition for the records that are offered; target is the other record."),
}
"""Where people need other words than those who write documents."""

CHOICES: Mapping[str, Message] = {
    "onDelete=restrict": Message("Refuse it"),
    "onDelete=clear": Message("Empty the link"),
    "onDelete=cascade": Message("Delete this one too"),
    "requiredFor=all": Message("All records"),
    "requiredFor=new": Message("New records only"),
    "reset=never": Message("Never"),
    "reset=yearly": Message("Every year"),
    "reset=monthly": Message("Every month"),
    "reset=daily": Message("Every day"),
    "storage=auto": Message("As it fits"),
    "storage=virtual": Message("Computed when read"),
    "storage=stored": Message("In a column"),
    "nulls=propagate": Message("Make the result empty"),
    "nulls=zero": Message("Count as 0"),
    "agg=count": Message("Number"),
    "agg=sum": Message("Sum"),
    "agg=min": Message("Smallest"),
    "agg=max": Message("Largest"),
    "agg=avg": Message("Mean"),
    "agg=first": Message("First"),
    "agg=last": Message("Last"),
    "agg=concat": Message("Joined texts"),
    "severity=error": Message("Refuse"),
    "severity=warning": Message("Ask first"),
    "normalize=exact": Message("As it is written"),
    "normalize=casefold": Message("Without capitals and spaces"),
    "normalize=letters": Message("Letters and digits only"),
    "normalize=digits": Message("Digits only"),
    "action=warn": Message("Ask first"),
    "action=block": Message("Refuse"),
    "tone=ok": Message("Good"),
    "tone=warn": Message("Attention"),
    "tone=bad": Message("Bad"),
    "tone=info": Message("Information"),
    "tone=success": Message("Success"),
    "tone=danger": Message("Danger"),
    "tone=warning": Message("Warning"),
}


@dataclass(frozen=True, slots=True)
class TypeWords:
    """How a type of field is offered: its icon, its name, and what one keeps in it."""

    name: str
    icon: str
    title: Message
    example: Message


EXAMPLES: Mapping[str, tuple[str, Message]] = {
    "text": ("letter-case", Message("A name, a street, a number of an order")),
    "longtext": ("notes", Message("Minutes of a call, a description")),
    "email": ("mail", Message("li.na@example.com")),
    "phone": ("phone", Message("+86 138 0013 8000")),
    "url": ("world", Message("https://example.com")),
    "integer": ("hash", Message("Employees, pieces: 42")),
    "decimal": ("decimal", Message("Weight, rating: 12.75")),
    "currency": ("cash", Message("Amount, budget: ¥12,000.00")),
    "percent": ("percentage", Message("Discount, share: 35 %")),
    "boolean": ("toggle-left", Message("Newsletter: yes or no")),
    "date": ("calendar", Message("Birthday, close date")),
    "datetime": ("clock", Message("Appointment, last call")),
    "duration": ("hourglass", Message("Hours worked: 1:30")),
    "select": ("list", Message("One of a list: stage, source")),
    "multiselect": ("tags", Message("Several of a list: interests")),
    "lookup": ("link", Message("A link to one record: the account of a contact")),
    "multilookup": ("affiliate", Message("Links to several records: other contacts")),
    "user": ("user", Message("One of the people who work here")),
    "autonumber": ("barcode", Message("A running number: OP-202611-00042")),
    "file": ("paperclip", Message("A contract, a photo")),
    "json": ("json", Message("Data of another system")),
    "formula": ("math-function", Message("Computed from the record: amount × probability")),
    "rollup": ("chart-bar", Message("Computed from other records: the sum of all deals")),
}


TITLES: Mapping[str, Message] = {"currency": Message("Money")}
"""Types that people know by another name than the one in the reference."""


def type_words(cls: type[FieldType]) -> TypeWords:
    """How a type is offered; one that we know nothing of speaks for itself."""
    name = type_name(cls)
    icon, example = EXAMPLES.get(name, ("forms", Message("{text}", {"text": (cls.__doc__ or "").split("\n")[0]})))
    return TypeWords(name, icon, TITLES.get(name, Message(cls.title or name)), example)


def all_types() -> tuple[TypeWords, ...]:
    """All types that a new field can have."""
    return tuple(type_words(cls) for cls in fieldtypes)


def label_of(path: tuple[str, ...]) -> Message:
    """What people call a member; one of a plugin goes by its own name."""
    found = LABELS.get("/".join(path)) or LABELS.get(path[-1])
    return found or Message("{text}", {"text": _spoken(path[-1])})


def help_of(owner: type[Element], member: str) -> Message | str:
    """The sentence below an input."""
    return HELPS[member] if member in HELPS else meaning(owner, member)


def choice_word(member: str, choice: str) -> Message:
    """What people call a choice of a member."""
    return CHOICES.get(f"{member}={choice}") or Message("{text}", {"text": choice.replace("_", " ").capitalize()})


def _spoken(member: str) -> str:
    parts = "".join(f" {char.lower()}" if char.isupper() else char for char in member)
    return parts.strip().capitalize()
