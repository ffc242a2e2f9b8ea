"""On a phone the rows of a table stand as blocks: each cell says what it is, and none is lost."""

import re
from collections.abc import Iterator

from trellis.places import templates_folder

OWN_FORMS = {"t-mapping", "t-text-table", "t-matrix", "t-grants", "t-levels"}
"""Tables of inputs, which have forms of their own."""
LISTS = {"studio/view/preview.html"}
"""Where records stand in a list that people have made."""
SAYS_ITSELF = ("data-label=", "t-main-cell", "t-row-actions", "colspan=")
TABLE = re.compile(r'<table class="([^"]+)"(.*?)</table>', re.S)
CELL = re.compile(r"<td\b(?:\{%.*?%\}|\{\{.*?\}\}|[^>])*>")


def tables() -> Iterator[tuple[str, set[str], list[str]]]:
    """The tables of the administration and the Studio: where, with which classes, and how their cells begin."""
    root = templates_folder()
    for path in sorted((*root.glob("admin/**/*.html"), *root.glob("studio/**/*.html"))):
        name = path.relative_to(root).as_posix()
        for found in TABLE.finditer(path.read_text()):
            yield name, set(found[1].split()), CELL.findall(found[2])


def test_every_table_stands_as_blocks_on_a_phone() -> None:
    lying = [place for place, classes, _ in tables() if not classes & {"t-stacked", *OWN_FORMS} and place not in LISTS]

    assert lying == []


def test_every_cell_says_what_it_is() -> None:
    silent = [
        f"{place}: {cell}"
        for place, classes, cells in tables()
        if "t-stacked" in classes
        for cell in cells
        if not any(mark in cell for mark in SAYS_ITSELF)
    ]

    assert silent == []
