"""`python -m bench.soak_expressions`: millions of random expressions over random rows; three readers may never differ."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.support.expressions.databases import both
from tests.support.expressions.language import Language
from tests.support.expressions.ordeal import Outcome, outcomes
from tests.support.expressions.tally import COMPARED
from tests.support.expressions.trial import Differ, Trial
from tests.support.postgres import running_postgres

T = TypeVar("T")
ROWS, EXPRESSIONS, TWINS = 150, 400, 3
ZEROS = 10
"""One pair in so many is computed once more with zero for empty numbers."""


def main(arguments: Sequence[str]) -> int:
    """Compare and mutate; 1 when readers differ, a function did not take part or an error is not the language's own."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak_expressions", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5_000_000)
    parser.add_argument("--mutations", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args(arguments)
    print(f"seed {given.seed}", flush=True)
    well = [_compared(given.pairs, given.seed), _mutated(given.mutations, given.seed)]
    return int(not all(well))


def _compared(pairs: int, seed: int) -> bool:
    with running_postgres() as server, server.database() as url, both(url) as databases:

        def trial(language: Language) -> Trial:
            return Trial(databases, seed, ROWS, EXPRESSIONS, TWINS, language)

        try:
            tally = _timed("compare", lambda: trial(Language()).run(pairs))
            _timed("compare with zeros", lambda: trial(Language(nulls_as_zero=True)).run(pairs // ZEROS))
        except Differ as difference:
            print(difference)
            return False
    print(tally.report())
    missing = [name for name in COMPARED if not tally.telling[name]]
    print(f"did not take part: {', '.join(missing) or 'none'}")
    return not missing


def _mutated(count: int, seed: int) -> bool:
    found = _timed("mutate", lambda: outcomes(seed, count))
    print(", ".join(f"{number:,} {name.value}" for name, number in found.most_common()))
    return not found[Outcome.LOST] and not found[Outcome.WARNED]


def _timed(name: str, work: Callable[[], T]) -> T:
    started = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    print(f"{name}: {wall:.0f} s, {cpu:.0f} s of them computing here", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
