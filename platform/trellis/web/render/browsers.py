"""What people call their browsers, out of what these say of themselves."""

import re

BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"), ("Opera", r"OPR/|Opera"), ("WeChat", r"MicroMessenger"), ("DingTalk", r"DingTalk"),
    ("Firefox", r"Firefox/|FxiOS/"), ("Chrome", r"Chrome/|CriOS/"), ("Safari", r"Safari/"), ("curl", r"^curl/"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", r"iPhone"), ("iPad", r"iPad"), ("Android", r"Android"), ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"), ("ChromeOS", r"CrOS"), ("Linux", r"Linux|X11"),
)  # fmt: skip


def browser_name(agent: str) -> str:
    """`Firefox · Windows`; what a program says of itself where it is no browser we know."""
    found = [name for table in (BROWSERS, SYSTEMS) if (name := _first(table, agent))]
    return " · ".join(found) or agent[:60]


def _first(table: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, agent)), "")
