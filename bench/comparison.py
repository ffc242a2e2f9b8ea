"""Measures every case on both sides, turn by turn, so that both meet the same machine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.cases import Case
from bench.load import Measured, Requests, drive
from bench.processes import cpu_of_tree
from bench.sides import Refused, Side

CONCURRENCY = (1, 16)
WARM_UP = 0.3


@dataclass
class Figures:
    """What one side did in one cell of the table; times in microseconds."""

    measured: Measured = field(default_factory=Measured)
    server: float = 0.0
    database: float = 0.0

    @property
    def requests(self) -> int:
        return max(len(self.measured.times), 1)

    @property
    def server_per_request(self) -> float:
        return self.server / self.requests

    @property
    def database_per_request(self) -> float:
        return self.database / self.requests


@dataclass(frozen=True)
class Line:
    """One line of the result: a case on a database at a concurrency."""

    case: Case
    database: str
    connections: int
    ours: Figures | None
    theirs: Figures

    @property
    def ratio(self) -> float | None:
        """Our throughput as a share of the hand-written one."""
        return self.ours.measured.rate / self.theirs.measured.rate if self.ours else None

    @property
    def misses(self) -> list[str]:
        """Which of the targets of the case are not met."""
        found = []
        if self.ratio is not None and self.ratio < self.case.target:
            found.append("throughput")
        if self.ours and self.case.cpu_target and self.ours.server_per_request > self.case.cpu_target:
            found.append("server CPU")
        return found


@dataclass(frozen=True)
class Comparison:
    """Two servers on the same database server, `postgres` is its process when there is one."""

    database: str
    ours: Side | None
    theirs: Side
    postgres: int | None
    seconds: float
    rounds: int = 2

    def lines(self, cases: Sequence[Case]) -> Iterator[Line]:
        """Measure case by case; a case that is answered with a refusal says so and is left out."""
        for case in cases:
            try:
                mine = case.ours(self.ours) if case.ours and self.ours else None
                hand_written = case.theirs(self.theirs)
                for connections in CONCURRENCY:
                    yield self._line(case, connections, mine, hand_written)
            except Refused as refused:
                print(refused, flush=True)

    def _line(self, case: Case, connections: int, mine: Requests | None, hand_written: Requests) -> Line:
        ours, theirs = Figures(), Figures()
        turns: list[tuple[Figures, Callable[[float], Measured], Side]] = []
        if self.ours and mine:
            turns.append((ours, _turn(self.ours, mine, connections), self.ours))
        turns.append((theirs, _turn(self.theirs, hand_written, connections), self.theirs))
        for _, drive_for, side in turns:
            _all_well(side, case, drive_for(WARM_UP))
        for _ in range(self.rounds):
            for figures, drive_for, side in turns:
                self._measure(figures, drive_for, side)
                _all_well(side, case, figures.measured)
        return Line(case, self.database, connections, ours if mine else None, theirs)

    def _measure(self, figures: Figures, drive_for: Callable[[float], Measured], side: Side) -> None:
        server, database = side.process.cpu(), self._database_cpu()
        figures.measured.add(drive_for(self.seconds / self.rounds))
        figures.server += side.process.cpu() - server
        figures.database += self._database_cpu() - database

    def _database_cpu(self) -> float:
        return cpu_of_tree(self.postgres) if self.postgres else 0.0


def _turn(side: Side, requests: Requests, connections: int) -> Callable[[float], Measured]:
    return lambda seconds: drive(side.process.port, requests, connections=connections, seconds=seconds)


def _all_well(side: Side, case: Case, measured: Measured) -> None:
    if measured.refused:
        answer = measured.refused[0]
        raise Refused(
            f"{side.name}, {case.name}: {len(measured.refused)} answers like {answer.status} {answer.body[:600]!r}"
        )
