from pathlib import Path

import pytest

from trellis.commands.cautions import cautions
from trellis.kernel.settings import Settings


def test_a_server_that_only_this_machine_reaches_needs_no_caution(tmp_path: Path) -> None:
    assert cautions(Settings(data=str(tmp_path), demo="1")) == []


def test_a_server_that_is_set_up_well_needs_no_caution(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), host="0.0.0.0", https="1", public_url="https://crm.example.com")

    assert cautions(settings) == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"host": "0.0.0.0"}, "TRELLIS_HTTPS"), ({"public_url": "http://crm.example.com"}, "TRELLIS_HTTPS"),
        ({"public_url": "http://crm.example.com", "https": "1"}, "TRELLIS_PUBLIC_URL"),
        ({"host": "::", "https": "1", "trusted_proxies": "*"}, "TRELLIS_TRUSTED_PROXIES"),
        ({"host": "::", "https": "1", "demo": "1"}, "TRELLIS_DEMO"), ({"host": "::", "https": "1", "rate_person": "0"}, "TRELLIS_RATE"),
    ],
)  # fmt: skip
def test_what_is_not_fine_beyond_a_desk_is_named(changed: dict[str, str], named: str, tmp_path: Path) -> None:
    assert any(text.startswith(named) for text in cautions(Settings(data=str(tmp_path), **changed)))


def test_keys_that_others_can_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "secret-keys").write_text("x")
    (tmp_path / "secret-keys").chmod(0o644)

    (text,) = cautions(Settings(data=str(tmp_path)))

    assert "chmod 600" in text
