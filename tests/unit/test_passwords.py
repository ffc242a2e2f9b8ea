"""Which passwords may be chosen."""

import pytest

from trellis.kernel.errors import Invalid
from trellis.services.passwords import check_password

ABOUT = ("Ada Lovelace", "ada.lovelace@example.com")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("eleven char", "too_short"), ("x" * 201, "too_long"),
        ("password1234", "common"), ("P@ssw0rd2026!", "common"), ("123456789012", "common"), ("qwertyuiopas", "common"),
        ("qwertyuiop!!", "common"), ("aaaaaaaaaaaa", "common"), ("abcabcabcabc", "common"), ("passwordpassword", "common"),
        ("!!iloveyou!!2026", "common"), ("1q2w3e4r5t6y", "common"), ("zyxwvutsrqpo", "common"), ("woaini520520", "common"),
        ("Lovelace1815!", "personal"), ("ada.lovelace@example.com", "personal"), ("lovelace.example", "personal"),
    ],
)  # fmt: skip
def test_bad_ones_are_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, about=ABOUT)

    assert [(error.path, error.code) for error in refused.value.errors] == [("password", code)]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "twelve chars",
        "ALL LOWER NOT",
        "一二三四五六七八九十山水",
        "lovelace liked engines",
        "x7$kQ2!mP9#z",
        " " * 5 + "spaces count",
    ],
)
def test_no_kind_of_character_is_demanded(password: str) -> None:
    check_password(password, about=ABOUT)


def test_the_shortest_length_is_a_setting() -> None:
    check_password("eightish", shortest=8)
    with pytest.raises(Invalid):
        check_password("eightish", shortest=9)
