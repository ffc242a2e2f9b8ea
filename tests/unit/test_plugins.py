"""Installed packages add functions, and a package that cannot be used is named."""

import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from trellis import plugins
from trellis.__main__ import main
from trellis.engine.expr.checker import check
from trellis.engine.expr.evaluator import EvaluationError, evaluator
from trellis.engine.expr.examples import SCOPE, VALUES, result_of
from trellis.engine.expr.functions import FunctionRegistry, standard_functions
from trellis.plugins import PluginError, load_functions
from trellis.sdk import NUMBER, TEXT, Function, Kind, Slot, SqlClass

WORDS = (Slot("text", frozenset({Kind.TEXT})),)
SHOUT = Function("shout", "Louder.", WORDS, TEXT, lambda text: text.upper() + "!", examples=(("shout('a')", "A!"),))
HALF = Function(
    "half", "Half.", (Slot("number", frozenset({Kind.NUMBER})),), NUMBER, lambda number: Decimal(number) / 2
)


@pytest.fixture
def package() -> Iterator[ModuleType]:
    module = ModuleType("acme_functions")
    module.__dict__.update(
        shout=SHOUT,
        both=[SHOUT, HALF],
        nothing="shout",
        taken=Function("length", "", WORDS, TEXT, len),
        spaced=Function("two words", "", WORDS, TEXT, len),
        portable=Function("twice", "", WORDS, TEXT, len, sql=SqlClass.PORTABLE),
        floating=Function("floating", "", WORDS, TEXT, lambda text: 0.5),
        endless=Function("endless", "", WORDS, TEXT, lambda text: text * 100_000),
    )
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def loaded(member: str) -> FunctionRegistry:
    registry = standard_functions()
    load_functions(registry, [EntryPoint("acme", f"acme_functions:{member}", plugins.GROUP)])
    return registry


def value(member: str, source: str) -> object:
    return evaluator(check(source, SCOPE, functions=loaded(member)))(VALUES)


def test_an_entry_point_gives_one_function_or_several(package: ModuleType) -> None:
    assert value("shout", "shout('hey')") == "HEY!"
    assert value("both", "half(5)") == Decimal("2.5")
    assert [result_of(source, loaded("shout")) for source, _ in SHOUT.examples] == [text for _, text in SHOUT.examples]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("taken", "acme_functions:taken: there is already a function 'length'."),
        ("spaced", "'two words' cannot be the name of a function."),
        ("portable", "twice must be of SQL class C"),
        ("nothing", "gives str instead of Function"),
        ("missing", "cannot be loaded: module 'acme_functions' has no attribute 'missing'"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_the_place(package: ModuleType, member: str, reason: str) -> None:
    with pytest.raises(PluginError) as refused:
        loaded(member)

    assert "trellis.functions acme = " in str(refused.value)
    assert reason in str(refused.value)


@pytest.mark.parametrize("source", ["floating('a')", "endless('a')"])
def test_a_function_gives_plain_values_of_a_decent_size(package: ModuleType, source: str) -> None:
    with pytest.raises(EvaluationError):
        value(source.partition("(")[0], source)


def test_the_command_line_names_a_broken_package_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = tmp_path / "acme-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[trellis.functions]\nfirst = builtins:len\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert main(["check", "nowhere"]) == 1
    assert "acme: trellis.functions first = builtins:len gives builtin_function_or_method" in capsys.readouterr().err
