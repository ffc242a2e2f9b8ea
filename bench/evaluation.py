"""How long the Python reader takes for a formula, beside simpleeval alone on a tree that it parsed before."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from simpleeval import EvalWithCompoundTypes

from bench.offers import documents, formula
from trellis.engine.computed import Computations, Formula
from trellis.metadata.snapshot import Snapshot

LIMIT = 12.0
TURNS, TIMES = 7, 2_000
VALUES: Mapping[str, object] = {
    "name": "Harbour rollout",
    "stage": "won",
    "amount": Decimal("1234567.89"),
    "costs": Decimal("823045.26"),
    "discount": Decimal("12.50"),
    "opened_on": date(2026, 2, 3),
    "close_date": date(2026, 7, 31),
}
FORMULAS = (
    ("currency", "round(amount * (100 - coalesce(discount, 0)) / 100, 2)"),
    ("currency", "amount - costs"),
    ("text", "when(amount >= 1000000, 'large', amount >= 10000, 'medium', 'small')"),
    ("boolean", "stage not in ('won', 'lost') and amount > 1000 or filled(discount)"),
    ("integer", "days_between(opened_on, close_date)"),
    ("date", "start_of(close_date, 'quarter')"),
    ("text", "name + ' (' + stage + ')'"),
)
_PLAIN: Mapping[str, Callable[..., object]] = {
    "round": round,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "when": lambda test, value, *rest: value if test else rest[0] if len(rest) == 1 else _PLAIN["when"](*rest),
    "filled": lambda value: value is not None,
    "days_between": lambda start, end: (end - start).days,
    "start_of": lambda day, _: day.replace(month=day.month - (day.month - 1) % 3, day=1),
}
"""What the functions do, as simply as anybody would write them for simpleeval."""


@dataclass(frozen=True)
class Evaluated:
    """Processor time of one evaluation in microseconds, the best of several turns."""

    formula: str
    ours: float
    simpleeval: float

    @property
    def missed(self) -> bool:
        """Whether it takes longer than it should."""
        return self.ours > LIMIT


def evaluated() -> list[Evaluated]:
    """Every formula on one record, both readers turn by turn."""
    fields = {f"f{number}": formula(returns, source) for number, (returns, source) in enumerate(FORMULAS)}
    computations = Computations.of(Snapshot.of(1, documents(offer=fields)))
    items = (computations.at("bench.offer", key) for key in fields)
    return [_measured(item) for item in items if isinstance(item, Formula)]


def _measured(item: Formula) -> Evaluated:
    source = item.source.expr
    plain = EvalWithCompoundTypes(names=dict(VALUES), functions=dict(_PLAIN))
    ours, theirs = partial(item.compute, VALUES), partial(plain.eval, source, plain.parse(source))
    if ours() != theirs():
        raise AssertionError(f"{source}: {ours()!r}, but simpleeval says {theirs()!r}")
    turns = [(_turn(ours), _turn(theirs)) for _ in range(TURNS)]
    return Evaluated(source, min(turn[0] for turn in turns), min(turn[1] for turn in turns))


def _turn(evaluate: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(TIMES):
        evaluate()
    return (time.process_time() - start) / TIMES * 1e6
