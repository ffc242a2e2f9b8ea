import stat
from pathlib import Path

import pytest

from trellis.kernel.errors import SecretKeyMissing
from trellis.kernel.settings import Settings
from trellis.services.vault import NAME, Vault, new_key, passing_vault, ring_of, vault_of

PLACE = "second_factor/ann"


def test_what_is_sealed_is_read_again_and_never_twice_the_same(tmp_path: Path) -> None:
    vault = vault_of(Settings(data=str(tmp_path)))

    sealed = vault.seal("秘密 hunter2", PLACE)

    assert vault.unseal(sealed, PLACE) == "秘密 hunter2"
    assert sealed != vault.seal("秘密 hunter2", PLACE)
    assert sealed.startswith("v1.")
    assert "hunter2" not in sealed


def test_keys_are_made_at_first_use_for_the_owner_only(tmp_path: Path) -> None:
    first, second = (vault_of(Settings(data=str(tmp_path))) for _ in range(2))

    sealed = first.seal("x", PLACE)

    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert second.unseal(sealed, PLACE) == "x"
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_the_first_key_of_the_setting_seals_and_all_unseal(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    kept = vault_of(Settings(data=str(tmp_path))).seal("kept", PLACE)
    before = vault_of(Settings(data=str(tmp_path), secret_keys=old)).seal("given", PLACE)

    vault = vault_of(Settings(data=str(tmp_path), secret_keys=f"{new}, {old}"))

    assert (vault.unseal(kept, PLACE), vault.unseal(before, PLACE)) == ("kept", "given")
    assert vault.is_newest(vault.seal("x", PLACE))
    assert not vault.is_newest(before)


def test_a_process_that_runs_learns_of_a_new_key(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    running = vault_of(settings)
    old = running.seal("x", PLACE)

    ring_of(settings).add()

    assert running.unseal(old, PLACE) == "x"
    assert not running.is_newest(old)
    assert running.unseal(vault_of(settings).seal("y", PLACE), PLACE) == "y"


@pytest.mark.parametrize("place", ["second_factor/bob", "", "identity_provider/ann"])
def test_a_sealed_text_is_worth_nothing_in_another_place(place: str, tmp_path: Path) -> None:
    vault = vault_of(Settings(data=str(tmp_path)))

    with pytest.raises(SecretKeyMissing, match="moved"):
        vault.unseal(vault.seal("x", PLACE), place)


@pytest.mark.parametrize(
    "broken", ["", "hunter2", "v1.", "v2.{id}.{body}", "v1.{id}.", "v1.{id}.AAAA", "v1.{id}.§", "v1.{id}.A{body}"]
)
def test_what_was_changed_is_refused(broken: str, tmp_path: Path) -> None:
    vault = vault_of(Settings(data=str(tmp_path)))
    _, key, body = vault.seal("x", PLACE).split(".")

    with pytest.raises(SecretKeyMissing):
        vault.unseal(broken.format(id=key, body=body), PLACE)


def test_a_missing_key_is_named_and_nothing_secret_is_said(tmp_path: Path) -> None:
    sealed = vault_of(Settings(data=str(tmp_path / "a"))).seal("hunter2", PLACE)
    other = vault_of(Settings(data=str(tmp_path / "b")))

    with pytest.raises(SecretKeyMissing) as caught:
        other.unseal(sealed, PLACE)

    assert sealed.split(".")[1] in str(caught.value)
    assert "hunter2" not in str(caught.value)
    key = (tmp_path / "b" / NAME).read_text().strip() if (tmp_path / "b" / NAME).exists() else new_key()
    assert key not in repr(other)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyMissing, match="32"):
        vault_of(Settings(data=str(tmp_path), secret_keys="short"))


def test_settings_do_not_show_secrets() -> None:
    key = new_key()

    text = repr(Settings(secret_keys=key, admin_password="hunter2", database_url="postgresql://u:hunter2@db/x"))

    assert key not in text
    assert "hunter2" not in text


def test_a_vault_in_memory_needs_no_folder() -> None:
    vault: Vault = passing_vault()

    assert vault.unseal(vault.seal("x", PLACE), PLACE) == "x"
