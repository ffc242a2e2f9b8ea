"""Demonstration teams, users, accounts and the people who work there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from trellis.services import demo_words as words
from trellis.services.demo_draw import Draw, Values
from trellis.services.demo_words import Region

HISTORY = 548
"""Days of selling that the data shows: 18 months."""

SELLER = "Account manager"
"""The job of those who sell and lead nobody."""

_HEAD = "east"
_ACCOUNTS = {"east": 80, "south": 70, "north": 60, "europe": 50, "apac": 40}
_CONTACTS = 1000
_NUMBERS = {
    mail: 1001 + place for place, mail in enumerate(mail for people in words.TEAM_PEOPLE.values() for _, mail in people)
}
_LEGAL_FORMS = {
    "Germany": "GmbH",
    "Netherlands": "B.V.",
    "United Kingdom": "Ltd",
    "France": "S.A.S.",
    "Singapore": "Pte. Ltd.",
    "Australia": "Pty Ltd",
    "Japan": "K.K.",
    "Malaysia": "Sdn. Bhd.",
    "中国": "China Ltd",
}
_ZONES = {
    "north": "Asia/Shanghai",
    "east": "Asia/Shanghai",
    "south": "Asia/Shanghai",
    "europe": "Europe/Berlin",
    "apac": "Asia/Singapore",
}


@dataclass(frozen=True, slots=True)
class Team:
    """One sales team: its region, its values, its users; the first user leads it."""

    region: Region
    values: Values
    users: tuple[Values, ...]


@dataclass(slots=True)
class Company:
    """An account with what the deals need to know of it; `values` change while deals are won."""

    team: Team
    short_name: str
    chinese: bool
    values: Values
    contacts: list[Values] = field(default_factory=list)


def teams(draw: Draw) -> list[Team]:
    """Five teams of four; the leaders report to one of them."""
    ids = {region.code: [draw.id(draw.day(-900, -600)) for _ in range(4)] for region in words.REGIONS}
    head = ids[_HEAD][0]
    return [_team(draw, region, ids[region.code], head) for region in words.REGIONS]


def _team(draw: Draw, region: Region, ids: list[str], head: str) -> Team:
    values: Values = {
        "id": draw.id(draw.day(-950, -900)),
        "name": region.name,
        "code": f"sales-{region.code}",
        "region": region.label,
    }
    users = []
    for place, (name, mail) in enumerate(words.TEAM_PEOPLE[region.code]):
        boss = ids[0] if place else (head if head != ids[0] else None)
        users.append(
            _user(draw, region, name, mail)
            | {"id": ids[place], "team": values["id"], "manager": boss, "title": _title(place, boss)}
        )
    return Team(region, values, tuple(users))


def _title(place: int, boss: str | None) -> str:
    if boss is None:
        return "Head of sales"
    return "Team manager" if place == 0 else SELLER


def _user(draw: Draw, region: Region, name: str, mail: str) -> Values:
    return {
        "name": name,
        "email": f"{mail}@example.com",
        "phone": f"{region.places[0][4]}{draw.number(100, 999)}",
        "employee_no": f"E{_NUMBERS[mail]}",
        "locale": "zh_cn" if region.chinese else "en",
        "time_zone": _ZONES[region.code],
        "hired_on": draw.day(-2600, -620),
        "active": True,
    }


def companies(draw: Draw, sales: list[Team]) -> list[Company]:
    """300 accounts near the teams that look after them."""
    found: list[Company] = []
    taken: set[str] = set()
    for team in sales:
        for _ in range(_ACCOUNTS[team.region.code]):
            found.append(_company(draw, team, taken, [other for other in found if other.team is team]))
    parents = {company.values.get("parent") for company in found}
    for company in [company for company in found if company.values["id"] not in parents][7::75]:
        company.values |= {
            "status": "blocked",
            "blocked_reason": "Invoices unpaid for more than 120 days",
            "account_type": "prospect",
        }
    return found


def _company(draw: Draw, team: Team, taken: set[str], siblings: list[Company]) -> Company:
    chinese = team.region.chinese and draw.chance(85)
    city, state, country, postcode, phone = draw.one(team.region.places)
    key, part_en, part_zh, sub_industry = draw.weighted([(industry[:4], industry[4]) for industry in words.INDUSTRIES])
    short, name, domain = _names(draw, city, (part_zh if chinese else part_en), chinese, taken)
    employees = round(draw.around(240, 1.2))
    values: Values = {
        "id": draw.id(draw.day(-HISTORY - 300, -HISTORY)),
        "name": name,
        "legal_name": f"{name}{draw.one(('有限公司', '股份有限公司', '集团有限公司'))}"
        if chinese
        else f"{name} {_LEGAL_FORMS[country]}",
        "account_type": "partner" if key == "services" and draw.chance(60) else "prospect",
        "status": draw.weighted((("active", 88), ("dormant", 8), ("at_risk", 4))),
        "tier": _tier(employees),
        "industry": key,
        "sub_industry": sub_industry if chinese else None,
        "source": draw.weighted(words.SOURCES),
        "employees": employees,
        "annual_revenue": (Decimal(employees) * draw.number(30, 180) / 100).quantize(Decimal("0.01")),
        "year_founded": draw.number(1958, 2019),
        "phone": f"{phone}{draw.number(100, 999)}",
        "email": f"info@{domain}.example",
        "website": f"https://www.{domain}.example",
        "billing_street": f"{draw.one(words.STREETS_ZH)}{draw.number(1, 900)}号"
        if chinese
        else f"{draw.number(1, 220)} {draw.one(words.STREETS_EN)}",
        "billing_postcode": postcode,
        "billing_city": city,
        "billing_state": state,
        "billing_country": country,
        "payment_terms": draw.weighted(
            (("net_30", 50), ("net_60", 20), ("prepaid", 15), ("on_delivery", 10), ("net_90", 5))
        ),
        "credit_limit": Decimal(draw.number(1, 40) * 50_000),
        "next_contact_on": draw.day(-20, 60) if draw.chance(70) else None,
        "last_contact_on": draw.day(-90, -1),
        "owner": draw.one(team.users[1:] if draw.chance(90) else team.users)["id"],
        "owner_team": team.values["id"],
    }
    if siblings and draw.chance(9):
        values["parent"] = draw.one(siblings[:12]).values["id"]
    return Company(team, short, chinese, values)


def _names(draw: Draw, city: str, part: str, chinese: bool, taken: set[str]) -> tuple[str, str, str]:
    """Short name, name and domain of a company that no other has."""
    while True:
        if chinese:
            brand, latin = draw.one(words.BRANDS_ZH)
            short, name = f"{brand}{part}", f"{city}{brand}{part}"
        else:
            brand = draw.one(words.BRANDS_EN)
            short, name, latin = brand, f"{brand} {part}", f"{brand}-{part}".lower().replace(" ", "-")
        if name not in taken:
            taken.add(name)
            domain = f"{latin}{len(taken)}" if chinese else latin
            return short, name, domain


def _tier(employees: int) -> str:
    limits = ((2500, "strategic"), (900, "key"), (300, "growth"))
    return next((tier for limit, tier in limits if employees >= limit), "standard")


def add_contacts(draw: Draw, accounts: list[Company]) -> list[Values]:
    """1,000 people; every account has at least one, large ones have many."""
    open_accounts = [company for company in accounts if company.values["status"] != "blocked"]
    weights = [(company, 1 + min(company.values["employees"] // 150, 12)) for company in open_accounts]
    places = open_accounts + [draw.weighted(weights) for _ in range(_CONTACTS - len(open_accounts))]
    return [_contact(draw, company) for company in places]


def _contact(draw: Draw, company: Company) -> Values:
    job = words.JOBS[len(company.contacts) % len(words.JOBS)] if draw.chance(60) else draw.one(words.JOBS)
    title_en, title_zh, department_en, department_zh, role, decides = job
    name, mail = person(draw, chinese=company.chinese)
    domain = company.values["email"].partition("@")[2]
    values: Values = {
        "id": draw.id(draw.day(-HISTORY - 100, -30)),
        "name": name,
        "salutation": draw.one(("mr", "ms")),
        "account": company.values["id"],
        "title": title_zh if company.chinese else title_en,
        "department": department_zh if company.chinese else department_en,
        "buying_role": role,
        "is_decider": decides,
        "status": "moved" if draw.chance(3) else "active",
        "email": f"{mail}@{domain}",
        "mobile": _mobile(draw, company.chinese),
        "phone": company.values["phone"] if draw.chance(40) else None,
        "wechat": mail.replace(".", "_") if company.chinese and draw.chance(70) else None,
        "language": "zh" if company.chinese else "en",
        "city": company.values["billing_city"],
        "country": company.values["billing_country"],
        "source": company.values["source"],
        "last_contact_on": draw.day(-150, -1) if draw.chance(75) else None,
        "birthday": draw.today - timedelta(days=draw.number(9_500, 22_000)) if draw.chance(25) else None,
        "email_opt_out": draw.chance(8),
        "owner": company.values["owner"],
        "owner_team": company.values["owner_team"],
        "reports_to": company.contacts[0]["id"] if company.contacts and draw.chance(35) else None,
    }
    company.contacts.append(values)
    return values


def person(draw: Draw, *, chinese: bool) -> tuple[str, str]:
    """The name of a person and what stands before the @."""
    if chinese:
        (family, family_latin), (given, given_latin) = draw.one(words.SURNAMES), draw.one(words.GIVEN)
        return family + given, f"{given_latin}.{family_latin}"
    first, last = draw.one(words.FIRST_NAMES), draw.one(words.LAST_NAMES)
    return f"{first} {last}", f"{first}.{last}".lower().replace("'", "")


def _mobile(draw: Draw, chinese: bool) -> str:
    return f"+861700000{draw.number(1000, 9999)}" if chinese else f"+447700900{draw.number(100, 999)}"


def users_first(sales: list[Team]) -> Iterator[Values]:
    """All users so that nobody comes before the manager: the head, the leaders, then the others."""
    everyone = [(place, user) for team in sales for place, user in enumerate(team.users)]
    yield from (user for place, user in everyone if user["manager"] is None)
    yield from (user for place, user in everyone if place == 0 and user["manager"] is not None)
    yield from (user for place, user in everyone if place > 0)
