from pathlib import Path

from tests.support.packs import add, put, sound, written
from trellis.metadata.load import load_folder


def test_required_packs_come_first(tmp_path: Path) -> None:
    files = sound()
    put("core/pack.json", "/id", "zoo")(files)
    renamed = {name.replace("core/", "zoo/"): content for name, content in files.items() if "pack.json" in name}
    put("shop/pack.json", "/requires", {"zoo": ">=1"})(renamed)

    assert load_folder(written(renamed, tmp_path)).packs == ("zoo", "shop")


def test_packs_that_require_each_other_are_still_loaded(tmp_path: Path) -> None:
    files = sound()
    put("core/pack.json", "/requires", {"shop": ">=0.1"})(files)

    assert set(load_folder(written(files, tmp_path)).packs) == {"core", "shop"}


def test_documents_keep_the_file_they_came_from(tmp_path: Path) -> None:
    loaded = load_folder(written(sound(), tmp_path))

    assert loaded.files["shop.order"] == "shop/entities/order.json"
    assert loaded.findings == ()


def test_a_folder_may_be_one_pack(tmp_path: Path) -> None:
    written(sound(), tmp_path)

    loaded = load_folder(tmp_path / "shop")

    assert loaded.packs == ("shop",)
    assert loaded.files["shop.order"] == "entities/order.json"


def test_a_schema_member_is_for_editors_only(tmp_path: Path) -> None:
    files = sound()
    put("shop/entities/order.json", "/$schema", "../../schema/entity.json")(files)

    assert load_folder(written(files, tmp_path)).findings == ()


def test_hidden_files_schemas_and_specifications_are_not_documents(tmp_path: Path) -> None:
    files = sound()
    for name in ("schema/entity.json", "shop/specs/order.json", "shop/entities/.order.json.swp", ".git/config.json"):
        add(name, "no document")(files)

    assert load_folder(written(files, tmp_path)).findings == ()


def test_a_missing_folder_is_a_finding(tmp_path: Path) -> None:
    assert [finding.code for finding in load_folder(tmp_path / "nowhere").findings] == ["folder_missing"]


def test_what_could_not_be_read_is_remembered(tmp_path: Path) -> None:
    files = sound()
    add("shop/entities/order.json", "{")(files)

    assert load_folder(written(files, tmp_path)).lost == {"shop.order"}
