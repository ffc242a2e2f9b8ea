"""The list as a page, in a shell of about the size that the compared application has."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

STAGES = {
    "discovery": "Discovery",
    "qualified": "Qualified",
    "proposal": "Proposal",
    "negotiation": "Negotiation",
    "won": "Won",
    "lost": "Lost",
}
FORECASTS = {"pipeline": "Pipeline", "best_case": "Best case", "commit": "Commit", "omitted": "Not in the forecast"}
MENU = (
    ("Sales", ("Opportunities", "Accounts", "Contacts", "Leads", "Products")),
    ("Work", ("Tasks", "Notes", "Files")),
    ("Administration", ("Users", "Teams", "Roles", "Settings")),
)
COLUMNS = ("Name", "Account", "Stage", "Amount", "Prob.", "Forecast", "Owner", "Close date")


def money(value: Any) -> str:
    return "" if value is None else f"{float(value):,.2f}"


def day(value: Any) -> str:
    if value is None:
        return ""
    moment = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment:%b} {moment.day}, {moment.year}"


_environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, auto_reload=False)
_environment.filters.update(money=money, day=day)
_environment.globals.update(stages=STAGES, forecasts=FORECASTS, menu=MENU, columns=COLUMNS)
_template = _environment.get_template("page.html")


def list_page(rows: Sequence[Any], count: int, actor: str) -> str:
    """The whole page with one line per row of the list."""
    return _template.render(rows=rows, count=f"{min(count, 2_000):,}{'+' if count > 2_000 else ''}", actor=actor)
