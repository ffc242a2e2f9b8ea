"""Zip files of layers: the same bytes for the same content, and no trust in what comes from elsewhere."""

import io
import stat
import zipfile
from collections.abc import Callable

import pytest

from trellis.kernel.errors import Invalid
from trellis.services.packs import archives
from trellis.services.packs.archives import unzipped, zipped

FILES = {"x/entities/visit.json": '{"kind": "entity"}\n', "sales/pack.json": '{"label": "销售"}\n'}


def written(*entries: tuple[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(entry)
            archive.writestr(entry, content)
    return target.getvalue()


def code_of(content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        unzipped(content)
    return refused.value.errors[0].code


def test_what_is_packed_comes_out_again_and_the_bytes_are_the_same() -> None:
    content = zipped(FILES)

    assert zipped(dict(reversed(FILES.items()))) == content
    assert {path: text.decode() for path, text in unzipped(content).items()} == FILES


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json", "/etc/evil.json", "x/../../evil.json", "x\\..\\evil.json", "C:/evil.json", "x//evil.json",
        "x/./evil.json", "a/b/c/d/evil.json", "x/entities/evil.py", "x/entities/" + "e" * 300 + ".json", "x/.evil.json",
        "x/entities/e\x01.json",
    ],
)  # fmt: skip
def test_names_that_do_not_belong_are_refused(name: str) -> None:
    assert code_of(written((name, b"{}"))) == "zip_name"


def test_links_and_doubles_are_refused() -> None:
    def link(entry: zipfile.ZipInfo) -> None:
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert code_of(written(("x/entities/a.json", b"/etc/passwd"), change=link)) == "zip_name"
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = written(("x/entities/a.json", b"{}"), ("x/entities/a.json", b"{}"))
    assert code_of(doubled) == "zip_name"


def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(written(("x/entities/a.json", b"0" * (2 * 1024 * 1024)))) == "zip_too_large"
    monkeypatch.setattr(archives, "MOST_UNPACKED", 1_000_000)
    many = [(f"x/entities/a{number}.json", b"0" * 600_000) for number in range(2)]
    assert code_of(written(*many)) == "zip_too_large"
    monkeypatch.setattr(archives, "MOST_FILES", 1)
    assert code_of(written(("x/a.json", b""), ("x/b.json", b""))) == "zip_too_many"
    monkeypatch.setattr(archives, "MOST_BYTES", 10)
    assert code_of(zipped(FILES)) == "zip_too_large"


def test_what_is_no_zip_file_is_refused() -> None:
    whole = zipped(FILES)
    assert code_of(b"") == code_of(b"PK nonsense") == code_of(whole[:-30]) == "zip_broken"
    assert code_of(whole.replace(whole[40:60], b"\xff" * 20, 1)) in ("zip_broken", "zip_name")
