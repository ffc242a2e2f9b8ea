import re
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


def test_people_are_invited_and_get_links(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    invited = said(capsys, "invite", ANN, "--name", "Ann", "--role", "sales.rep")
    assert re.search(r"http://localhost:8000/link/[\w-]{40,}$", invited.strip())
    assert said(capsys, "roles", ANN) == "sales.rep\n"
    assert said(capsys, "invite", ANN) != invited
    assert re.fullmatch(r"http://localhost:8000/link/[\w-]{40,}\n", said(capsys, "reset-link", ANN))
    said(capsys, "password", ANN, "--once")
    assert main(["user", "invite", ANN]) == 1
    assert "signs in already" in capsys.readouterr().err


def test_accounts_are_closed_and_opened_but_that_of_the_last_administrator(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "create", ANN, "--role", "sales.rep")

    assert "is disabled" in said(capsys, "disable", ANN)
    assert main(["user", "reset-link", ANN]) == 1
    assert "open again" in said(capsys, "enable", ANN)
    assert main(["user", "disable", "nobody@example.com"]) == 1
    assert main(["user", "disable", "admin@example.com"]) == 1
    assert "last administrator" in capsys.readouterr().err
