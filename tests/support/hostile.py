"""Strings that broke the software of others."""

import csv
import json
from functools import cache

from tests.support.samples import sample


@cache
def hostile_strings() -> tuple[str, ...]:
    """The naughty strings and the attacks, each once."""
    naughty: list[str] = json.loads(sample("naughty-strings", "blns_a.json").read_text(encoding="utf-8"))
    with sample("attack-strings", "attack_strings_a.csv").open(encoding="utf-8", newline="") as file:
        attacks = [row["payload"] for row in csv.DictReader(file)]
    return tuple(dict.fromkeys([*naughty, *attacks]))
