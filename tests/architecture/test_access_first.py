"""Records of an entity are read with an access; whoever in storage reads them without one is named here, with the reason."""

import ast
from pathlib import Path

from tests.support.checkout import ROOT

STORAGE = ROOT / "platform" / "trellis" / "storage"

WITHOUT = {
    "accountrows.py": "users as the pages of their administration list them; asks for the right to manage users",
    "assignees.py": "whether a user is within reach, as a yes or no",
    "belongings.py": "what a leaver leaves behind; asks for the right to manage users",
    "directory.py": "users as the pages of their administration list them; asks for the right to manage users",
    "duplicatefill.py": "keys of rules about duplicates, for the platform itself",
    "grantees.py": "whether a grantee exists, as a yes or no",
    "ordering.py": "columns to sort by, in statements of those who have an access",
    "organisation.py": "the trees of teams and managers, for the platform itself",
    "people.py": "who signs in",
    "quarantine.py": "values that a publish put aside; asks for the right to change definitions",
    "reach.py": "the teams of a right, in statements of those who have an access",
    "tables.py": "the tables themselves",
    "teams.py": "teams with how many members they have; asks for the right to manage users",
}


def test_storage_reads_records_with_an_access() -> None:
    found = {path.name for path in STORAGE.rglob("*.py") if _reads(path) and "Access" not in _names(path)}

    assert found == WITHOUT.keys()


def test_the_ways_to_records_cannot_be_made_without_an_access() -> None:
    ways = {
        "RecordStore": "records.py",
        "ReadCompiler": "reading.py",
        "References": "references.py",
        "Sources": "sources.py",
    }
    for name, file in ways.items():
        members = _members(STORAGE / file, name)
        assert members["access"] == "required", name


def _reads(path: Path) -> bool:
    """Whether a module asks for the table of an entity."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "entity"
        for node in ast.walk(ast.parse(path.read_text()))
    )


def _names(path: Path) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}


def _members(path: Path, name: str) -> dict[str, str]:
    """The members of a dataclass, and whether they have a default."""
    classes = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef) and node.name == name
    ]
    return {
        str(getattr(line.target, "id", "")): "required" if line.value is None else "optional"
        for line in classes[0].body
        if isinstance(line, ast.AnnAssign)
    }
