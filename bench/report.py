"""The figures as a table that fits a page."""

from collections.abc import Sequence

from bench.comparison import Figures, Line
from bench.imports import Imported

HEAD = (
    "| Case | Database | Clients | Trellis /s | Hand-written /s | Ratio | Target | Server µs | by hand | Database µs | by hand"
    " | p50 ms | p99 ms | p99 by hand |"
)
RULE = "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
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
        f"{line.case.target:.1f}",
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
