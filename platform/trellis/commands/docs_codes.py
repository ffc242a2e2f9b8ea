"""The codes of findings with the sentences people read, taken from where the source makes them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import trellis.engine.expr
import trellis.metadata

_SPEAKERS = frozenset(
    {"error", "warning", "report", "refuse", "problem", "_report", "_problem", "_finding", "_unreadable"}
    | {"Breach", "Finding", "Problem", "Said"}
)
_CODE = re.compile(r"[a-z]+(_[a-z]+)*")
_REFERENCED = ("entity", "form", "navigation", "optionset", "pack", "role", "view")
_SOURCES = ("load", "strictjson", "sentences", "misplaced", "structure")

Sentences = dict[str, list[str]]
"""By code, every sentence that is said with it; a sentence is empty where the source puts it together."""


def document_codes() -> Sentences:
    """What can be wrong with documents and their files."""
    folder = Path(trellis.metadata.__file__).parent
    files = [*(folder / f"{name}.py" for name in _SOURCES), *sorted(folder.glob("checks/*.py"))]
    files.append(folder / "layers" / "breaches.py")
    return _collected(files)


def expression_codes() -> Sentences:
    """What can be wrong with expressions; findings put `expr.` before the code."""
    folder = Path(trellis.engine.expr.__file__).parent
    further = (folder.parent / f"{name}.py" for name in ("metadata_expressions", "metadata_computed"))
    databases = Path(trellis.metadata.__file__).parent.parent / "storage" / "metadata_expressions.py"
    return _collected([*sorted(folder.glob("*.py")), *further, databases])


def publishing_codes() -> Sentences:
    """What stored values can have against new definitions."""
    file = Path(trellis.metadata.__file__).parent.parent / "storage" / "obstacles.py"
    module = _Module(file.read_text(encoding="utf-8"))
    hints = next(value for _, name, value in module.texts if name == "_HINTS" and isinstance(value, ast.Dict))
    return {
        ast.literal_eval(key): [module.text(value)] for key, value in zip(hints.keys, hints.values, strict=True) if key
    }


def _collected(files: list[Path]) -> Sentences:
    found: Sentences = {}
    for file in files:
        for code, text in _Module(file.read_text(encoding="utf-8")).said():
            sentences = found.setdefault(code.removeprefix("expr."), [])
            if text and text not in sentences:
                sentences.append(text)
    return dict(sorted(found.items()))


class _Module:
    """One source file and the texts that its names stand for."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.texts = sorted(
            (node.lineno, node.targets[0].id, node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        )

    def said(self) -> Iterator[tuple[str, str]]:
        """Each code with its sentence."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and _name(node) in _SPEAKERS:
                yield from self._call(node)

    def _call(self, call: ast.Call) -> Iterator[tuple[str, str]]:
        for position, argument in enumerate(call.args):
            codes = _codes(argument)
            if codes:
                text = next(filter(None, map(self.text, call.args[position + 1 :])), "")
                yield from ((code, text) for code in codes)
                return

    def text(self, argument: ast.expr) -> str:
        """The sentence that an argument is or names; '' when there is none."""
        match argument:
            case ast.Constant(value=str(text)) if " " in text:
                return text
            case ast.Call(args=[first, *_]) if _name(argument) == "Message":
                return self.text(first)
            case ast.IfExp(body=body):
                return self.text(body)
            case ast.Name(id=name):
                before = [value for line, known, value in self.texts if known == name and line <= argument.lineno]
                return self.text(before[-1]) if before else ""
        return ""


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _codes(argument: ast.expr) -> list[str]:
    match argument:
        case ast.Constant(value=str(text)) if _CODE.fullmatch(text.removeprefix("expr.")):
            return [text]
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(rest))]):
            return [f"{kind}{rest}" for kind in _REFERENCED if _CODE.fullmatch(f"{kind}{rest}")]
    return []
