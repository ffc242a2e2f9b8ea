"""How fast files come in: through the command line, on the full write path, with the most memory it takes."""

import asyncio
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.processes import peak_memory

ROOT = Path(__file__).parents[1]
RETAIL = ROOT.parent / "shared" / "data" / "online-retail-2009-2010" / "online_retail_2009_2010.csv.gz"
RETAIL_MAPPING = ROOT / "tests" / "imports" / "online_retail_lines.json"

_PLAIN = ("name", "external_id", "stage", "deal_type", "amount", "currency", "discount", "probability",
    "forecast_category", "engage_date", "close_date", "lead_source", "campaign", "budget_confirmed", "next_step",
    "next_step_date", "payment_terms", "contract_start", "contract_months", "description")  # fmt: skip
MAPPINGS = {
    "people": ("core.user", {"name": {"field": "name"}, "email": {"field": "email"}}),
    "accounts": ("sales.account", {key: {"field": key} for key in ("external_id", "name", "billing_city")}),
    "deals": (
        "sales.opportunity",
        {
            **{key: {"field": key} for key in _PLAIN},
            "account": {"field": "account", "by": "external_id"},
            "owner": {"field": "owner", "by": "email"},
        },
    ),
}


class ImportFailed(Exception):
    """The import command gave up; the message is what it printed."""


@dataclass(frozen=True)
class Imported:
    """One import: how many rows, how many of them in a second, the most memory it took, and how many were refused."""

    file: str
    database: str
    rows: int
    rate: float
    peak: int
    rejected: int


def import_deals(folder: Path, settings: dict[str, str], database: str) -> Imported:
    """People and accounts, then the deals; only the deals are measured."""
    for name in ("people", "accounts"):
        _import(folder, name, settings, database)
    return _import(folder, "deals", settings, database)


def _import(folder: Path, name: str, settings: dict[str, str], database: str) -> Imported:
    entity, columns = MAPPINGS[name]
    mapping = folder / f"{name}.json"
    mapping.write_text(json.dumps({"entity": entity, "columns": columns, "options": {"mode": "insert"}}))
    return import_file(folder / f"{name}.csv", entity, mapping, settings, database)


def import_file(path: Path, entity: str, mapping: Path, settings: dict[str, str], database: str) -> Imported:
    """Run `trellis import` in a process of its own."""
    log = path.with_suffix(".log")
    command = [sys.executable, "-m", "trellis", "import", str(path), "--entity", entity, "--map", str(mapping)]
    code, _, peak = peak_memory(command, settings, log)
    said = log.read_text(errors="replace")
    rate = re.search(r"([\d,.]+) rows per second", said)
    if code or rate is None:
        raise ImportFailed(said[-3000:])
    return Imported(path.name, database, _count(said, "Rows"), _number(rate[1]), peak, _count(said, "Rejected"))


def _count(said: str, name: str) -> int:
    found = re.search(rf"(?m)^{name} +([\d,]+)", said)
    return int(_number(found[1])) if found else 0


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def import_retail(folder: Path, settings: dict[str, str], database: str) -> Imported | None:
    """The 525,461 rows of a shop; None when the file is not there."""
    if not RETAIL.exists():
        return None
    path = folder / "online_retail.csv"
    if not path.exists():
        with gzip.open(RETAIL) as packed, path.open("wb") as file:
            shutil.copyfileobj(packed, file)
    return import_file(path, "sales.opportunity_line", RETAIL_MAPPING, settings, database)


def tidy(settings: dict[str, str], database: str) -> None:
    """What PostgreSQL does by itself within a minute of an import: count rows for the planner, sort in the index."""
    if database == "postgresql":
        asyncio.run(_vacuum(settings["TRELLIS_DATABASE_URL"]))


async def _vacuum(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")  # what is not on the disk yet cannot be marked as visible to all
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def token(settings: dict[str, str], email: str) -> str:
    """A token for the API, as the command line prints it."""
    command = [sys.executable, "-m", "trellis", "user", "token", email]
    made = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    if made.returncode:
        raise ImportFailed(made.stdout + made.stderr)
    return re.split(r"\s+", made.stdout.strip())[-1]
