"""The deals both sides are filled with: the same for everyone who asks for the same number of them."""

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

THINGS = (
    "Fleet", "Warehouse", "Payroll", "Network", "Campus", "Retail", "Laboratory", "Clinic", "Harbour", "Rail", "Solar",
    "Packaging", "Dairy", "Textile", "Mining", "Cloud", "Security", "Billing", "Archive", "Hotel", "智慧园区", "数据平台",
)  # fmt: skip
WORK = (
    "renewal", "rollout", "migration", "audit", "upgrade", "pilot", "extension", "redesign", "licence", "training",
    "outsourcing", "consolidation", "改造项目", "升级服务",
)  # fmt: skip
PLACES = (
    "Hamburg", "Lyon", "Zürich", "Malmö", "Porto", "Kraków", "Leeds", "Osaka", "Suzhou", "Chengdu", "Xiamen", "Ningbo",
    "上海", "深圳", "成都", "Boston", "Denver", "Austin", "Toronto", "Perth",
)  # fmt: skip
FIRST = (
    "Ada",
    "Bo",
    "Clara",
    "Dan",
    "Eva",
    "Finn",
    "Greta",
    "Hua",
    "Ines",
    "Jun",
    "Karl",
    "Lin",
    "Mei",
    "Nils",
    "Olga",
)
LAST = (
    "Adler",
    "Berg",
    "Chen",
    "Dubois",
    "Evans",
    "Fischer",
    "Gao",
    "Huang",
    "Ito",
    "Jansen",
    "Keller",
    "Liu",
    "Meyer",
)
STAGES = {"discovery": 20, "qualified": 20, "proposal": 15, "negotiation": 10, "won": 25, "lost": 10}
TYPES = ("new_business", "expansion", "renewal", "replacement", "pilot")
FORECASTS = {
    stage: ("pipeline", "omitted", *(("best_case",) if stage != "discovery" else ()), *(("commit",) if sure else ()))
    for stage, sure in (
        ("discovery", False), ("qualified", False), ("proposal", True), ("negotiation", True), ("won", True), ("lost", True),
    )
}  # fmt: skip
"""What can be forecast of a deal in a stage, as the pack has it."""
SOURCES = ("organic_search", "paid_search", "social", "wechat", "referral", "partner", "expo", "seminar", "cold")
TERMS = ("prepaid", "on_delivery", "net_30", "net_60", "net_90")
STEPS = ("Call the buyer", "Send the offer", "Visit the plant", "Agree on the terms", "Show the prototype")
FIRST_DAY = date(2025, 1, 1)

Row = Mapping[str, str]


@dataclass(frozen=True)
class Deals:
    """People, accounts and deals as rows of text; deals name their account and owner by key."""

    people: tuple[Row, ...]
    accounts: tuple[Row, ...]
    count: int

    @classmethod
    def of(cls, count: int) -> "Deals":
        """So many deals of forty people with one account for fifty deals."""
        names = [(FIRST[n % len(FIRST)], LAST[n % len(LAST)]) for n in range(40)]
        people = tuple(
            {"name": f"{a} {b}", "email": f"{a}.{b}.{n}@bench.example".lower()} for n, (a, b) in enumerate(names)
        )
        return cls(people, tuple(_account(n) for n in range(max(count // 50, 20))), count)

    def rows(self) -> Iterator[Row]:
        """The deals, one after the other."""
        chance = random.Random(20_261_121)
        for number in range(self.count):
            yield self.deal(number, chance)

    def deal(self, number: int, chance: random.Random) -> Row:
        """One deal with every field filled that a sales person would fill."""
        day = FIRST_DAY + timedelta(days=chance.randrange(540))
        stage = chance.choices(tuple(STAGES), tuple(STAGES.values()))[0]
        close = day + timedelta(days=chance.randrange(20, 200))
        return {
            "name": f"{chance.choice(THINGS)} {chance.choice(WORK)} {chance.choice(PLACES)} {number}",
            "external_id": f"D-{number:06}",
            "account": chance.choice(self.accounts)["external_id"],
            "owner": chance.choice(self.people)["email"],
            "stage": stage,
            "deal_type": chance.choice(TYPES),
            "amount": f"{chance.randrange(1_000, 2_000_000)}.{chance.randrange(100):02}",
            "currency": chance.choice(("CNY", "CNY", "EUR", "USD")),
            "discount": f"{chance.randrange(0, 30)}.50",
            "probability": str(chance.randrange(0, 101)),
            "forecast_category": chance.choice(FORECASTS[stage]),
            "engage_date": day.isoformat(),
            "close_date": close.isoformat(),
            "lead_source": chance.choice(SOURCES),
            "campaign": f"Spring {day.year}",
            "budget_confirmed": chance.choice(("true", "false")),
            "next_step": chance.choice(STEPS),
            "next_step_date": (day + timedelta(days=14)).isoformat(),
            "payment_terms": chance.choice(TERMS),
            "contract_start": (close + timedelta(days=30)).isoformat(),
            "contract_months": str(chance.choice((12, 24, 36))),
            "description": f"Came in on {day:%d.%m.%Y}. The buyer compares three suppliers and decides with the board.",
        }

    def write(self, folder: Path) -> None:
        """Files to import: people.csv, accounts.csv, deals.csv."""
        _write(folder / "people.csv", iter(self.people))
        _write(folder / "accounts.csv", iter(self.accounts))
        _write(folder / "deals.csv", self.rows())


def _account(number: int) -> Row:
    place = PLACES[number % len(PLACES)]
    return {
        "external_id": f"A-{number:05}",
        "name": f"{LAST[number % len(LAST)]} {THINGS[number % len(THINGS)]} {place} {number}",
        "billing_city": place,
    }


def _write(path: Path, rows: Iterator[Row]) -> None:
    first = next(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, first.keys())
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)
