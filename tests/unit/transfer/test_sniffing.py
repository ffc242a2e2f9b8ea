"""What a file says about itself without words: encoding, delimiter, header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.services.transfer.sniffing import Dialect, detect_dialect, detect_encoding, header_row

CHINESE = "客户名称,城市,金额\n上海汽车集团股份有限公司,上海,1200\n北京字节跳动科技有限公司,北京,800\n"
WESTERN = "name,city\nCafé Müller,Köln\nŒuvre d’été,Orléans – Paris\n"


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        (WESTERN, "utf-16-le", "utf-16-le"),
        (WESTERN, "utf-16-be", "utf-16-be"),
        (WESTERN, "cp1252", "cp1252"),
        ("plain,ascii\n1,2\n", "ascii", "utf-8"),
        ("名称\n王芳\n", "gb18030", "gb18030"),
    ],
)
def test_the_encoding_is_found(text: str, written: str, expected: str) -> None:
    assert detect_encoding([text.encode(written)]) == expected


def test_the_last_character_of_a_piece_may_be_cut() -> None:
    data = CHINESE.encode()

    assert detect_encoding([data[:20], data[20:33], data[33:]]) == "utf-8"


def test_one_odd_byte_far_down_is_enough_to_see_that_it_is_not_utf8() -> None:
    pieces = [b"a,b\n" * 200_000, "1,北京市,上海市\n".encode("gbk")]

    assert detect_encoding(pieces) == "gb18030"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in [["a", "b", "c"], ["1,5", "x;y z", "3"], ["", "|", "\t"]][:2])

    assert detect_dialect(text.replace("1,5", '"1,5"')).delimiter == delimiter


def test_excel_may_announce_the_delimiter() -> None:
    assert detect_dialect("sep=;\na;b\n1,5;2\n").delimiter == ";"


def test_single_quotes_and_backslashes_are_recognised() -> None:
    assert detect_dialect("a,b\n'x, y','z'\n'p','q'\n").quote == "'"
    assert detect_dialect('a,b\n"say \\"hi\\"",2\n').escape == "\\"


def test_apostrophes_are_not_quotes() -> None:
    assert detect_dialect("name,what\nMen's shoes,it's\nWomen's,5'6\n").quote == '"'


def test_one_column_needs_no_delimiter() -> None:
    assert detect_dialect("company name\nAcme Corporation\nSome other: company\n") == Dialect(",")


def test_the_header_is_the_first_row_that_names_the_columns() -> None:
    assert header_row([["Report of May", "", ""], ["", "", ""], ["a", "b", "c"], ["1", "2", "3"]]) == 2
    assert header_row([["a", "b"], ["1", "2"]]) == 0


@given(st.binary(max_size=400))
def test_no_bytes_make_the_guess_fail(data: bytes) -> None:
    encoding = detect_encoding([data])

    assert detect_dialect(data.decode(encoding, errors="replace")).delimiter
