"""Demonstration leads, tasks and notes: the daily work around accounts and deals."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from trellis.services import demo_words as words
from trellis.services.demo_deals import Deal
from trellis.services.demo_draw import Draw, Values
from trellis.services.demo_people import Company, Team, person

_OPEN_LEADS, _CONVERTED_LEADS = 210, 50
_TASKS, _NOTES = 160, 220


def leads(draw: Draw, sales: list[Team], found: list[Deal], catalogue: list[Values]) -> list[Values]:
    """260 leads of the last nine months; 50 of them became the deals they link to."""
    first_deals = [
        deal for deal in found if deal.values["deal_type"] == "new_business" and (draw.today - deal.started).days < 270
    ]
    converted = [_converted(draw, deal) for deal in first_deals[-_CONVERTED_LEADS:]]
    return converted + [_lead(draw, draw.one(sales), catalogue) for _ in range(_OPEN_LEADS)]


def _converted(draw: Draw, deal: Deal) -> Values:
    company = deal.company
    contact = next(one for one in company.contacts if one["id"] == deal.values["primary_contact"])
    same = {key: contact[key] for key in ("name", "title", "email", "mobile", "city", "country", "owner", "owner_team")}
    return same | {
        "id": draw.id(deal.started - timedelta(days=20)),
        "company": company.values["name"],
        "industry": company.values["industry"],
        "employees": company.values["employees"],
        "status": "converted",
        "rating": "hot",
        "score": draw.number(65, 98),
        "source": deal.values["lead_source"],
        "first_contact_date": deal.started - timedelta(days=draw.number(5, 40)),
        "product_interest": deal.values["primary_product"],
        "converted_at": _moment(deal.started, draw.number(1, 9)),
        "converted_account": company.values["id"],
        "converted_contact": contact["id"],
        "converted_opportunity": deal.values["id"],
        "sdr": draw.one(company.team.users)["id"],
    }


def _lead(draw: Draw, team: Team, catalogue: list[Values]) -> Values:
    chinese = team.region.chinese
    name, mail = person(draw, chinese=chinese)
    city, _, country, _, _ = draw.one(team.region.places)
    key, part_en, part_zh, _, _ = draw.one(words.INDUSTRIES)
    brand, latin = draw.one(words.BRANDS_ZH) if chinese else (draw.one(words.BRANDS_EN),) * 2
    first = draw.today - timedelta(days=round(270 * draw.share() ** 1.6))
    status = _status(draw, (draw.today - first).days)
    return {
        "id": draw.id(first),
        "name": name,
        "company": f"{city}{brand}{part_zh}" if chinese else f"{brand} {part_en}",
        "title": draw.one(words.JOBS)[1 if chinese else 0],
        "email": f"{mail}@{latin.lower().replace(' ', '-')}.example" if draw.chance(85) else None,
        "mobile": f"+861700000{draw.number(1000, 9999)}" if chinese else f"+447700900{draw.number(100, 999)}",
        "city": city,
        "country": country,
        "industry": key,
        "employees": round(draw.around(150, 1.1)),
        "status": status,
        "rating": draw.weighted((("hot", 18), ("warm", 45), ("cold", 37))) if status != "new" else None,
        "score": draw.number(5, 95),
        "source": draw.weighted(words.SOURCES),
        "campaign": draw.one(words.CAMPAIGNS) if draw.chance(45) else None,
        "first_contact_date": first,
        "product_interest": draw.one(catalogue)["id"] if draw.chance(60) else None,
        "budget": Decimal(draw.number(2, 60) * 10_000) if draw.chance(35) else None,
        "owner": draw.one(team.users[1:])["id"],
        "owner_team": team.values["id"],
        **_care(draw, status),
    }


def _status(draw: Draw, age: int) -> str:
    if age < 7 and draw.chance(70):
        return "new"
    return draw.weighted((("new", 6), ("contacted", 30), ("nurturing", 24), ("qualified", 14), ("disqualified", 26)))


def _care(draw: Draw, status: str) -> Values:
    if status == "disqualified":
        return {
            "disqualified_reason": draw.one(
                ("no_interest", "no_budget", "no_authority", "wrong_contact", "duplicate", "spam")
            )
        }
    if status == "new" or draw.chance(25):
        return {}
    return {
        "next_step": draw.one(words.NEXT_STEPS),
        "next_step_date": draw.day(-5, 20),
        "last_contact_on": draw.day(-30, -1),
    }


def tasks(draw: Draw, found: list[Deal]) -> list[Values]:
    """160 tasks of the people who own open deals."""
    open_deals = [deal for deal in found if deal.stage not in ("won", "lost")]
    return [_task(draw, draw.one(open_deals)) for _ in range(_TASKS)]


def _task(draw: Draw, deal: Deal) -> Values:
    due = draw.day(-25, 30)
    done = due < draw.today and draw.chance(75)
    status = "done" if done else draw.weighted((("open", 60), ("in_progress", 25), ("waiting", 15)))
    return {
        "id": draw.id(due - timedelta(days=draw.number(3, 20))),
        "subject": draw.one(words.TASKS).format(deal=deal.values["name"], account=deal.company.values["name"]),
        "status": status,
        "priority": draw.weighted((("normal", 60), ("high", 22), ("low", 12), ("urgent", 6))),
        "due": due,
        "assignee": deal.values["owner"],
        "owner": deal.values["owner"],
        "owner_team": deal.values["owner_team"],
        "done_at": _moment(due, draw.number(1, 9)) if done else None,
        "outcome": draw.one(("Agreed on the next meeting", "Offer sent", "已完成, 客户反馈良好")) if done else None,
    }


def notes(draw: Draw, accounts: list[Company]) -> list[Values]:
    """220 notes about talks with accounts."""
    return [_note(draw, draw.one([company for company in accounts if company.contacts])) for _ in range(_NOTES)]


def _note(draw: Draw, company: Company) -> Values:
    kind, subject, body = draw.one(words.NOTES)
    names = {"person": draw.one(company.contacts)["name"], "account": company.values["name"]}
    day = draw.day(-200, 0)
    return {
        "id": draw.id(day),
        "subject": subject.format(**names),
        "note_kind": kind,
        "happened_on": day,
        "body": body.format(**names),
        "pinned": draw.chance(6),
        "owner": company.values["owner"],
        "owner_team": company.values["owner_team"],
    }


def _moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour, 30), UTC)
