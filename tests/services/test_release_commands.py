"""`trellis diff`, `plan`, `publish`, `rollback` and `pack`, with what they print and answer."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trellis.commands import COMMANDS, diff, pack, plan, publish, rollback
from trellis.commands.plantext import planned, words
from trellis.kernel.errors import TrellisError
from trellis.places import packs_folder
from trellis.services.context import Context
from trellis.services.packs.layerfiles import export_layer, read_layers, write_files
from trellis.services.workspaces import OpenWorkspace

Parse = Callable[..., argparse.Namespace]
VISIT: dict[str, Any] = {
    "kind": "entity", "id": "x.visit", "label": "Visit", "titleField": "name",
    "fields": {"name": {"type": "text", "label": "Name"}, "place": {"type": "text", "label": "Place"}},
}  # fmt: skip
PRODUCT = {
    "kind": "extension", "id": "x.sales_product_ext", "target": "sales.product",
    "add": {"/fields/x_shelf": {"type": "text", "label": "Shelf"}},
}  # fmt: skip


def parsed(command: Any, *given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add(parser)
    return parser.parse_args([*given])


def layer(folder: Path, *documents: dict[str, Any]) -> str:
    """A folder with the customer's layer in it."""
    names = {"entity": "entities", "extension": "extensions"}
    files = {
        f"x/{names[raw['kind']]}/{raw['id'].partition('.')[2]}.json": json.dumps(raw, indent=2) + "\n"
        for raw in documents
    }
    write_files(files, folder)
    return str(folder)


async def fresh(home: OpenWorkspace) -> Context:
    await home.refresh()
    return await home.context()


def test_the_commands_are_known() -> None:
    assert {"diff", "plan", "publish", "rollback", "pack"} <= COMMANDS.keys()
    assert diff.run.__doc__


async def test_a_layer_is_published_exported_and_the_same_everywhere(
    home: OpenWorkspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = layer(tmp_path / "in", VISIT, PRODUCT)
    context = await fresh(home)

    assert await plan.show(context, parsed(plan, folder)) == 0
    shown = capsys.readouterr().out
    assert "Visit" in shown
    assert "Shelf" in shown
    assert await publish.show_and_publish(context, parsed(publish, folder)) == 1
    assert "--yes" in capsys.readouterr().err
    assert await publish.show_and_publish(context, parsed(publish, folder, "--yes", "--note", "Visits")) == 0
    assert "Release 2 is in force." in capsys.readouterr().out

    now = await fresh(home)
    first = export_layer(now, "x")
    write_files(first, tmp_path / "out")
    loaded = {raw["id"]: raw for raw in read_layers(tmp_path / "out")}
    assert loaded == {key: raw for key, raw in now.snapshot.sources.items() if key.startswith("x.")}
    assert await plan.show(now, parsed(plan, str(tmp_path / "out"))) == 0
    assert "Nothing differs" in capsys.readouterr().out
    assert export_layer(now, "x") == first
    assert loaded["x.visit"] == VISIT


async def test_a_question_is_answered_on_the_command_line(
    home: OpenWorkspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await publish.show_and_publish(await fresh(home), parsed(publish, layer(tmp_path / "layers", VISIT), "--yes"))
    fields = {("town" if key == "place" else key): value for key, value in VISIT["fields"].items()}
    folder = layer(tmp_path / "layers", {**VISIT, "fields": fields})
    context = await fresh(home)

    assert await plan.show(context, parsed(plan, folder)) == 1
    assert "x.visit#/fields/place" in capsys.readouterr().out
    answer = "x.visit#/fields/place=x.visit#/fields/town"
    assert await publish.show_and_publish(context, parsed(publish, folder, "--yes", "--rename", answer)) == 0
    assert "town" in (await fresh(home)).snapshot.entity("x.visit").fields

    capsys.readouterr()
    assert await rollback.show_and_roll_back(await fresh(home), parsed(rollback, "2", "--yes")) == 0
    assert "place" in (await fresh(home)).snapshot.entity("x.visit").fields


async def test_a_plan_is_printed_as_the_api_gives_it(
    home: OpenWorkspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await plan.show(await fresh(home), parsed(plan, layer(tmp_path / "layers", VISIT), "--json")) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["base"]["release"] == 1
    assert body["schema"][0]["op"] == "createTable"
    assert body["upgrade"] == []


async def test_defects_and_missing_folders_are_said(home: OpenWorkspace, tmp_path: Path) -> None:
    context = await fresh(home)
    broken = {**VISIT, "titleField": "nothing"}

    for folder in (layer(tmp_path / "a", broken), str(tmp_path / "missing")):
        with pytest.raises(TrellisError):
            await planned(context, parsed(plan, folder))
    with pytest.raises(TrellisError):
        await planned(context, parsed(plan, "--rename", "nonsense"))
    assert list(words((await planned(context, parsed(plan))).view)) == ["Nothing differs from what is in force."]


async def test_packs_are_listed_switched_off_and_on_and_removed(
    home: OpenWorkspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run(*given: str) -> tuple[int, str]:
        code = await pack.act(await fresh(home), parsed(pack, *given), packs_folder())
        return code, capsys.readouterr().out

    code, out = await run("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["core", "sales"]
    assert "needed by sales" in out
    assert (await run("disable", "sales", "--yes"))[0] == 0
    assert "switched off" in (await run("list"))[1]
    assert (await run("enable", "sales", "--yes"))[0] == 0
    assert (await run("uninstall", "sales", "--yes"))[0] == 0
    assert "not installed" in (await run("list"))[1]
    assert (await run("install", "sales", "--yes"))[0] == 0
    code, out = await run("export", "sales", str(tmp_path / "out"))
    assert code == 0
    written = {raw["id"]: raw for raw in read_layers(tmp_path / "out")}
    sources = (await fresh(home)).snapshot.sources
    assert written == {key: raw for key, raw in sources.items() if key.partition(".")[0] == "sales"}
