import pytest

from trellis.kernel.errors import Invalid
from trellis.services.filekinds import settled_type
from trellis.services.files import clean_name

PNG, PDF, ZIP = b"\x89PNG\r\n\x1a\n....", b"%PDF-1.7\n....", b"PK\x03\x04...."
HTML, EXE = b"<html><script>alert(1)</script>", b"MZ\x90\x00"


@pytest.mark.parametrize(
    ("name", "declared", "head", "settled"),
    [
        ("a.png", "image/png", PNG, "image/png"),
        ("a.png", "text/html", PNG, "image/png"),
        ("a.PDF", "", b"\n\n" + PDF, "application/pdf"),
        ("a.xlsx", "", ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.zip", "application/x-zip-compressed", ZIP, "application/zip"),
        ("a.csv", "application/vnd.ms-excel", b"a,b\n", "text/csv"),
        ("a.txt", "text/plain; charset=utf-8", b"hello", "text/plain"),
        ("photo", "image/png", PNG, "image/png"),
        ("a.unknown", "no type at all", b"", "application/octet-stream"),
        ("a.unknown", "text/html\r\nx: y", b"", "application/octet-stream"),
    ],
)
def test_a_file_that_is_what_it_says_gets_its_type(name: str, declared: str, head: bytes, settled: str) -> None:
    assert settled_type(name, declared, head) == settled


@pytest.mark.parametrize(
    ("name", "declared", "head"),
    [
        ("a.png", "image/png", HTML), ("a.jpg", "image/jpeg", PNG), ("a.pdf", "application/pdf", EXE),
        ("a.docx", "", PDF), ("a.zip", "application/zip", EXE), ("a.xls", "", HTML), ("a.gif", "", b""),
        ("photo", "image/png", HTML), ("a.svg.webp", "", b"<svg onload=alert(1)>"), ("a.bin", "image/png", HTML), ("a.html", "application/pdf", HTML),
    ],
)  # fmt: skip
def test_a_file_that_is_something_else_is_refused(name: str, declared: str, head: bytes) -> None:
    with pytest.raises(Invalid, match="not what its name says"):
        settled_type(name, declared, head)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("合同.pdf", "合同.pdf"), ("../../etc/passwd", "passwd"), ("C:\\Users\\a\\b.txt", "b.txt"), ("a\x00b\r\n.txt", "a_b_.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"), ("...", "file"), ("", "file"), (".htaccess", "htaccess"),
        ("a" * 300 + ".txt", "a" * 196 + ".txt"), ('"><img src=x>.png', "_img src=x_.png"),
    ],
)  # fmt: skip
def test_a_name_loses_what_could_do_harm(name: str, clean: str) -> None:
    assert clean_name(name) == clean
