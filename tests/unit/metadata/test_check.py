import ast
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trellis.metadata
from tests.support.packs import CORE, add, drop, put, sound, written
from tests.unit.metadata.test_defects import DEFECTS
from trellis.commands.check import check_folders
from trellis.metadata.check import check_all, check_documents
from trellis.metadata.load import load_folder
from trellis.metadata.pointers import pointer
from trellis.places import packs_folder
from trellis.storage.metadata_expressions import check_expression

ORDER = "shop/entities/order.json"

EXEMPT = {
    "unreadable": "needs a file that the system refuses to open",
    "folder_missing": "is about the argument; see test_load",
    "path_over_many": "is tested below",
    "form_unused": "is tested below",
}


def test_the_shipped_packs_have_no_defect() -> None:
    loaded = load_folder(packs_folder())

    assert check_all(loaded, check_expression) == ()


def test_the_shipped_packs_are_checked_within_a_second() -> None:
    seconds = min(_seconds() for _ in range(3))

    assert seconds < 1


def _seconds() -> float:
    started = time.process_time()
    check_all(load_folder(packs_folder()), check_expression)
    return time.process_time() - started


def test_every_code_has_a_seeded_defect() -> None:
    folder = Path(trellis.metadata.__file__).parent
    modules = ("load", "strictjson", "sentences", "misplaced", "structure")

    codes = {
        code
        for file in [*folder.glob("checks/*.py"), *(folder / f"{name}.py" for name in modules)]
        for code in _codes(file)
    }

    assert len(codes) > 75
    assert codes - {defect.code for defect in DEFECTS.values()} - EXEMPT.keys() == set()


SPEAKERS = {"error", "warning", "report", "_report", "_finding", "_unreadable", "Finding", "Problem", "Said"}


def _codes(file: Path) -> set[str]:
    """The codes that a module gives to findings: the first plain word among the arguments."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    speaking = [call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in SPEAKERS]
    texts = [
        [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        for call in speaking
    ]
    return {code for words in texts if (code := next(filter(re.compile("^[a-z]+(_[a-z]+)*$").match, words), ""))}


def test_no_path_goes_over_several_records(tmp_path: Path) -> None:
    files = sound()
    put(ORDER, "/fields/helpers", {"type": "multilookup", "target": "core.user"})(files)
    put("shop/views/order_all.json", "/columns/helpers.name", {})(files)

    (finding,) = check_all(load_folder(written(files, tmp_path)))

    assert (finding.pointer, finding.code) == ("/columns/helpers.name", "path_over_many")


def test_a_form_for_nothing_is_a_warning(tmp_path: Path) -> None:
    files = sound()
    put("shop/forms/customer_form.json", "/use", [])(files)

    (finding,) = check_all(load_folder(written(files, tmp_path)))

    assert (finding.code, finding.severity) == ("form_unused", "warning")


def test_a_faulty_part_does_not_hide_other_defects_of_its_document(tmp_path: Path) -> None:
    files = sound()
    put(ORDER, "/fields/due/type", "dat")(files)
    put(ORDER, "/fields/amount/min", 1)(files)
    put(ORDER, "/titleField", "nummer")(files)

    found = check_all(load_folder(written(files, tmp_path)), check_expression)

    assert [finding.pointer for finding in found] == ["/fields/amount/min", "/fields/due/type", "/titleField"]


def test_a_document_that_cannot_be_read_leaves_no_dangling_references(tmp_path: Path) -> None:
    files = sound()
    add(ORDER, "{")(files)

    found = check_all(load_folder(written(files, tmp_path)), check_expression)

    assert [finding.code for finding in found] == ["syntax"]


def test_documents_without_files_are_checked_too() -> None:
    files = sound()
    drop(ORDER, "/fields/customer")(files)

    found = check_documents(files.values(), check_expression)

    assert {(finding.document, finding.pointer) for finding in found} >= {("shop.order", "/summaryFields/0")}


def test_a_pack_is_checked_against_packs_it_is_not_loaded_with(tmp_path: Path) -> None:
    files = {name: content for name, content in sound().items() if name not in CORE}
    core = load_folder(written(CORE, tmp_path / "core"))

    shop = load_folder(written(files, tmp_path / "shop"))

    assert check_all(shop, check_expression, context=core) == ()
    assert {finding.code for finding in check_all(shop)} == {"pack_unknown", "entity_unknown", "role_unknown"}


def test_the_command_prints_each_finding_on_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sound()
    put(ORDER, "/fields/amount/scal", 2)(files)

    code = check_folders([written(files, tmp_path)])

    line, summary = capsys.readouterr().out.splitlines()
    place = tmp_path / ORDER
    assert (
        line
        == f"{place}: /fields/amount/scal: error unknown_member: There is no member 'scal' here. (Did you mean 'scale'?)"
    )
    assert summary.startswith("1 error, 0 warnings in 1 file; ")
    assert code == 1


def test_the_command_is_content_with_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sound()
    put("shop/forms/customer_form.json", "/use", [])(files)

    assert check_folders([written(files, tmp_path)]) == 0
    assert "warning form_unused" in capsys.readouterr().out


def _places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*path, key))


PLACES = [
    (name, pointer(path))
    for name, document in sound().items()
    for path in _places(document)
    if path not in ((), ("kind",), ("id",))
]
VALUES = [None, True, 0, -5, 10**20, "", "x", "1.5", "shop.order", [], ["x", 1], {}, {"a": {"b": 1}}]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(VALUES)), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_no_change_of_members_makes_the_checks_stumble(changes: list[tuple[tuple[str, str], object]]) -> None:
    files = sound()
    for (name, place), value in changes:
        with suppress(KeyError, IndexError, TypeError, ValueError):
            put(name, place, deepcopy(value))(files)

    for finding in check_documents(files.values(), check_expression):
        assert finding.document in {raw["id"] for raw in files.values()}
        assert str(finding.message)
