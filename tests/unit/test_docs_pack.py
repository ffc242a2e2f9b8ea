"""The pack in docs/implementer.md is what it says: a complete one without a defect."""

import json
import re
from pathlib import Path

from tests.support.packs import written
from trellis.engine.metadata_expressions import check_expression
from trellis.metadata.check import check_all
from trellis.metadata.documents import KINDS
from trellis.metadata.load import Loaded, load_folder
from trellis.places import packs_folder

PAGE = Path(__file__).parents[2] / "docs" / "implementer.md"
DOCUMENT = re.compile(r"^`(visits/\S+\.json)`\n\n```json\n(.*?)^```$", re.M | re.S)


def pack(folder: Path) -> Loaded:
    return load_folder(written(dict(DOCUMENT.findall(PAGE.read_text())), folder) / "visits")


def test_the_worked_example_has_no_defect(tmp_path: Path) -> None:
    loaded = pack(tmp_path)

    assert check_all(loaded, check_expression, context=load_folder(packs_folder())) == ()


def test_the_worked_example_is_all_json_of_the_page(tmp_path: Path) -> None:
    assert len(pack(tmp_path).documents) == PAGE.read_text().count("```json")


def test_every_kind_of_document_is_listed() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(\.\./metadata/schema/(\w+)\.json\) \|", PAGE.read_text(), re.M)

    assert [kind for kind, _ in rows] == list(KINDS) == [schema for _, schema in rows]


def test_the_listed_members_exist() -> None:
    schemas = {kind: json.loads((packs_folder() / "schema" / f"{kind}.json").read_text()) for kind in KINDS}

    for kind, rest in re.findall(r"^\| \[(\w+)\]\(.*?\) \|(.*)$", PAGE.read_text(), re.M):
        _, required, also = (set(re.findall(r"`(\w+)`", cell)) for cell in rest.split("|")[:3])
        assert required == set(schemas[kind]["required"]) - {"kind", "id"}
        assert also <= schemas[kind]["properties"].keys()
