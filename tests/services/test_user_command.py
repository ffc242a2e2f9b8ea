from pathlib import Path

import pytest

from trellis.__main__ import main

ANN = "ann@example.com"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_DATA", str(tmp_path))
    monkeypatch.delenv("TRELLIS_DATABASE_URL", raising=False)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["user", *words]) == 0
    return capsys.readouterr().out


def test_users_are_made_given_roles_and_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    created = said(capsys, "create", ANN, "--name", "Ann", "--role", "sales.rep")

    assert created.startswith(f"{ANN} can sign in with the password ")
    assert said(capsys, "roles", ANN) == "sales.rep\n"
    assert said(capsys, "roles", ANN, "sales.manager", "core.employee") == "core.employee\nsales.manager\n"
    assert said(capsys, "token", ANN).split()[-1].startswith("trl_")


def test_an_unknown_role_is_refused_with_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["user", "create", ANN, "--role", "sales.rap"]) == 1
    assert "Is sales.rep meant?" in capsys.readouterr().err
