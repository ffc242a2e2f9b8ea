"""The schemas for editors: up to date, valid, and of one mind with the checks."""

import pytest
from jsonschema import Draft202012Validator

from tests.support.packs import SOUND, Files, put, sound
from trellis.commands.schema import stale
from trellis.metadata.anatomy import members
from trellis.metadata.documents import KINDS
from trellis.metadata.fieldtypes import BUILT_IN, Element, FieldTypes
from trellis.metadata.glossary import WORDS, meaning
from trellis.metadata.load import load_folder
from trellis.metadata.schemas import schema
from trellis.metadata.structure import read
from trellis.places import packs_folder

VALIDATORS = {kind: Draft202012Validator(schema(kind)) for kind in KINDS}
SHIPPED = {raw["id"]: raw for raw in load_folder(packs_folder()).documents}


def test_the_committed_files_are_what_the_models_say() -> None:
    assert stale(packs_folder() / "schema", FieldTypes(BUILT_IN)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_is_a_schema(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize("document", SHIPPED)
def test_each_shipped_document_satisfies_its_schema(document: str) -> None:
    raw = SHIPPED[document]

    assert [error.message for error in VALIDATORS[raw["kind"]].iter_errors(raw)] == []


ORDER = "shop/entities/order.json"
FORM = "shop/forms/order_form.json"
CHANGES = [
    put(ORDER, "/labelplural", "x"),
    put(ORDER, "/fields/due/type", "dat"),
    put(ORDER, "/fields/amount/min", 1),
    put(ORDER, "/fields/amount/scale", 9),
    put(ORDER, "/fields/note/precision", 5),
    put(ORDER, "/fields/due/required", "true"),
    put(ORDER, "/fields/due/min", None),
    put(FORM, "/use/0", "crate"),
    put(FORM, "/sections/basics/items/note/visible", ["x"]),
    put(FORM, "/sections/basics/order", "1"),
    put("shop/roles/clerk.json", "/entities/shop.order/fields/amount", "write"),
    put("shop/pack.json", "/format", 2),
]


@pytest.mark.parametrize("change", CHANGES)
def test_editors_mark_what_the_checks_refuse(change) -> None:
    files: Files = sound()
    change(files)
    broken = next(raw for name, raw in files.items() if raw != SOUND[name])

    assert read(broken).findings
    assert list(VALIDATORS[broken["kind"]].iter_errors(broken))


def elements(cls: type[Element]) -> set[type[Element]]:
    """A class and all below it that documents are made of; other tests may have made or registered more."""
    below = {cls}.union(*(elements(child) for child in cls.__subclasses__()))
    return {found for found in below if found.__module__.startswith("trellis.metadata")}


def test_every_member_of_every_document_is_explained() -> None:
    silent = {f"{cls.__name__}.{name}" for cls in elements(Element) for name in members(cls) if not meaning(cls, name)}

    assert silent == set()


def test_nothing_is_explained_that_is_not_there() -> None:
    known = {f"{cls.__name__}.{name}" for cls in elements(Element) for name in members(cls)}
    plain = {name for cls in elements(Element) for name in members(cls)}

    assert {word for word in WORDS if word not in known | plain} == set()
