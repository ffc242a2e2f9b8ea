"""Every English sentence of the platform that people may read, found in the code and the templates."""

import ast
import re
from collections.abc import Iterator

from tests.support.checkout import ROOT

CODE = ROOT / "platform" / "trellis"
TEMPLATES = ROOT / "frontend" / "templates"
NOT_FOR_PEOPLE = ("metadata/checks", "metadata/structure.py", "metadata/load.py", "metadata/glossary.py",
                  "metadata/strictjson.py", "metadata/sentences.py", "metadata/misplaced.py", "metadata/findings.py",
                  "metadata/schemas.py", "metadata/versions.py", "metadata/check.py", "metadata/merged.py", "storage/obstacles.py",
                  "metadata/diff.py", "commands/")  # fmt: skip
"""Pack authors read these on the command line, in English."""

_CALLS = {"Message": 0, "PydanticCustomError": 1, "_": 0, "Operator": 1, "problem": 1, "refuse": 1}
_IN_TEMPLATES = re.compile(r"""(?<![\w.])_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


def messages() -> dict[str, str]:
    """Message id -> where it stands."""
    found: dict[str, str] = {}
    for path in sorted(CODE.rglob("*.py")):
        place = path.relative_to(CODE).as_posix()
        if not place.startswith(NOT_FOR_PEOPLE):
            for text in _in_code(ast.parse(path.read_text(encoding="utf-8")), place):
                found.setdefault(text, place)
    for path in sorted(TEMPLATES.rglob("*.html")):
        for double, single in _IN_TEMPLATES.findall(path.read_text(encoding="utf-8")):
            text = (double or single).replace('\\"', '"').replace("\\'", "'")
            found.setdefault(text, path.relative_to(ROOT).as_posix())
    return found


def _in_code(tree: ast.Module, place: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _in_call(node)
        elif isinstance(node, ast.ClassDef) and place.startswith(
            ("kernel/errors", "storage/connection", "web/api/problems")
        ):
            text = ast.get_docstring(node)
            if text and node.name != "Finding" and any("Error" in ast.unparse(base) or base for base in node.bases):
                yield " ".join(text.split("\n\n")[0].split())
    if place in ("engine/validation.py", "metadata/systemfields.py"):
        yield from _sentences(tree, place)


def _in_call(node: ast.Call) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    position = _CALLS.get(name)
    if position is not None and len(node.args) > position:
        yield from _constants(node.args[position])


def _constants(node: ast.expr) -> Iterator[str]:
    """The texts an argument may be: a constant, or one of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value + " ":
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _sentences(tree: ast.Module, place: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if place.endswith("validation.py") and isinstance(node, ast.Dict):
            yield from (text for value in node.values if " " in (text := _text(value)))
        elif isinstance(node, ast.keyword) and node.arg == "label":
            yield from filter(None, [_text(node.value)])
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("user", "moment") and node.args:
            yield from filter(None, [_text(node.args[0])])


def _text(node: ast.expr) -> str:
    """The text of a constant, else nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
