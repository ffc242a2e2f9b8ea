"""What the documentation names exists: files, sections, commands, settings, modules."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from trellis.commands import COMMANDS
from trellis.kernel import settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def links(page: Path) -> Iterator[tuple[str, str]]:
    """The relative links of a page as file and section."""
    prose = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" not in target:
            file, _, section = target.partition("#")
            yield file, section


def sections(page: Path) -> set[str]:
    """The addresses of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for file, section in links(page):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{file} is not there"
        assert not section or section in sections(target), f"{file}#{section} is not there"


def test_every_command_is_one() -> None:
    said = {word for page in PAGES for word in re.findall(r"(?<![\w.])trellis ([a-z]+)\b", _code(page))}

    assert said - COMMANDS.keys() == set()


def test_every_setting_is_one() -> None:
    said = {word for page in PAGES for word in re.findall(r"\bTRELLIS_[A-Z_]+\b", page.read_text(encoding="utf-8"))}

    assert said - {name for name, _, _ in settings.table()} == set()


def test_the_modules_of_the_architecture_exist() -> None:
    package = ROOT / "platform" / "trellis"
    rows = re.findall(r"^\| [^|]+ \| (`.*) \|$", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), re.M)

    assert len(rows) > 20
    for row in rows:
        folder = package
        for name in re.findall(r"`([\w/]+)`", row):
            place = package / name if (package / name.partition("/")[0]).is_dir() else folder / name
            folder = place.parent if place.with_suffix(".py").is_file() else place
            assert place.is_dir() or place.with_suffix(".py").is_file(), f"{name} is not there"


def _code(page: Path) -> str:
    """What stands in code: lines of blocks, and words in backquotes."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.M | re.S)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])
