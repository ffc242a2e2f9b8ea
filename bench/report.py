"""The figures as a table that fits a page."""

from collections.abc import Sequence

from bench.backfill import Filled
from bench.comparison import Figures, Line
from bench.evaluation import LIMIT, Evaluated
from bench.imports import Imported
from bench.saving import Saved, Times

HEAD = (
    "| Case | Database | Clients | Trellis /s | Hand-written /s | Ratio | Target | Server µs | by hand | Database µs | by hand"
    " | p50 ms | p99 ms | p99 by hand |"
)
RULE = "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
EVALUATION_HEAD = f"| Formula, evaluated in Python (at most {LIMIT:.0f} µs) | Trellis µs | simpleeval alone µs |"
EVALUATION_RULE = "|---|--:|--:|"
IMPORT_RATE = 5_000
IMPORT_MEMORY = 300e6
IDLE_MEMORY = 150e6
START = 3.0


def row(line: Line) -> str:
    """One line of the table; a missed target is marked with an exclamation mark."""
    ours, theirs = line.ours, line.theirs
    cells = [
        line.case.name,
        line.database,
        str(line.connections),
        _rate(ours),
        _rate(theirs),
        "not in this release"
        if line.ratio is None
        else f"{line.ratio:.2f}" + ("!" if "throughput" in line.misses else ""),
        f"{line.case.target:.2f}",
        _micro(ours.server_per_request if ours else None) + ("!" if "server CPU" in line.misses else ""),
        _micro(theirs.server_per_request),
        _micro(ours.database_per_request or None if ours else None),
        _micro(theirs.database_per_request or None),
        _milli(ours, 0.5),
        _milli(ours, 0.99),
        _milli(theirs, 0.99),
    ]
    return "| " + " | ".join(cells) + " |"


def imported(found: Imported) -> str:
    """One line about an import."""
    missed = [
        *(["rate"] if found.rate < IMPORT_RATE else []),
        *(["memory"] if found.peak > IMPORT_MEMORY else []),
    ]
    return (
        f"import of {found.file}, {found.database}: {found.rows:,} rows, {found.rejected:,} refused,"
        f" {found.rate:,.0f} rows/s (at least {IMPORT_RATE:,}), at most {found.peak / 1e6:.0f} MB{_marked(missed)}"
    )


def started(database: str, seconds: float, resident: int) -> str:
    """One line about a server that has just started."""
    missed = [*(["start"] if seconds > START else []), *(["memory"] if resident > IDLE_MEMORY else [])]
    return f"server on {database}: answers after {seconds:.1f} s, holds {resident / 1e6:.0f} MB{_marked(missed)}"


def evaluation(found: Evaluated) -> str:
    """One line of the table of formulas."""
    return f"| `{found.formula}` | {found.ours:.1f}{'!' if found.missed else ''} | {found.simpleeval:.1f} |"


def filled(found: Filled) -> str:
    """One line about a stored formula that was filled."""
    wanted = f" (at least {found.target:,})" if found.target else ""
    return (
        f"back-fill of {found.formula}, {found.database}: {found.rows:,} rows, {found.rate:,.0f} rows/s{wanted},"
        f" {found.cpu / found.rows * 1e6:.1f} µs of processors for a row{_marked(['rate'] if found.missed else [])}"
    )


def saved(found: Saved) -> str:
    """One line about a save with dependent fields and without."""
    return (
        f"save of {found.kind}, {found.database}: {_times(found.stored)} with 6 dependent stored fields,"
        f" {_times(found.plain)} without: {found.ratio:.2f} times (at most 2){_marked(['time'] if found.missed else [])}"
    )


def _times(times: Times) -> str:
    return f"{min(times.clock) * 1e3:.1f} ms ({sum(times.cpu) / len(times.cpu) / 1e3:.1f} ms of processors)"


def misses(lines: Sequence[Line]) -> list[str]:
    """What did not reach its target, in words."""
    return [
        f"{line.case.name}, {line.database}, {line.connections} clients: {' and '.join(line.misses)} missed"
        for line in lines
        if line.misses
    ]


def _marked(missed: Sequence[str]) -> str:
    return f"  ! {' and '.join(missed)} missed" if missed else ""


def _rate(figures: Figures | None) -> str:
    return (
        "–"
        if figures is None
        else f"{figures.measured.rate:,.0f}"
        if figures.measured.rate >= 10
        else f"{figures.measured.rate:.1f}"
    )


def _micro(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _milli(figures: Figures | None, share: float) -> str:
    return "–" if figures is None else f"{figures.measured.percentile(share) * 1e3:.1f}"
