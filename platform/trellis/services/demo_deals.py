"""Demonstration products and deals: what was sold, lost and is still open."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from trellis.services import demo_words as words
from trellis.services.demo_draw import Draw, Values
from trellis.services.demo_people import HISTORY, Company

_DEALS = 1500
_CENT = Decimal("0.01")
_PROBABILITY = {"discovery": 10, "qualified": 30, "proposal": 50, "negotiation": 75, "won": 100, "lost": 0}
_WIN_BONUS = {"referral": 12, "existing": 15, "partner": 8, "cold": -14, "paid_search": -6}


@dataclass(slots=True)
class Deal:
    """One opportunity with its lines; `stage` decides what else is known of it."""

    company: Company
    started: date
    stage: str
    closes: date
    values: Values
    lines: list[Values] = field(default_factory=list)


def products(draw: Draw) -> list[Values]:
    """The catalogue that the deals are made of."""
    return [
        {
            "id": draw.id(draw.day(-HISTORY - 400, -HISTORY - 300)),
            "sku": sku,
            "name": name,
            "family": family,
            "series": series,
            "unit": unit,
            "list_price": Decimal(price),
            "floor_price": (Decimal(price) * Decimal("0.75")).quantize(_CENT),
            "cost": Decimal(cost),
            "tax_rate": Decimal(6 if family in ("service", "training", "subscription") else 13),
            "launched_on": draw.day(-2200, -700),
            "active": True,
        }
        for sku, name, family, series, unit, price, cost, *_ in words.PRODUCTS
    ]


def deals(draw: Draw, accounts: list[Company], catalogue: list[Values]) -> list[Deal]:
    """1,500 deals of 18 months, oldest first; winning one makes its account a customer."""
    buyers = [(company, _appetite(company)) for company in accounts if company.values["status"] != "blocked"]
    starts = sorted(draw.today - timedelta(days=round(HISTORY * draw.share() ** 1.15)) for _ in range(_DEALS))
    partners = [company for company, _ in buyers if company.values["account_type"] == "partner"]
    found = []
    for started in starts:
        deal = _deal(draw, draw.weighted(buyers), started, catalogue)
        if partners and deal.values["lead_source"] == "partner":
            deal.values["partner"] = draw.one(partners).values["id"]
        found.append(deal)
    return found


def _appetite(company: Company) -> int:
    return {"strategic": 12, "key": 8, "growth": 5, "standard": 3}[company.values["tier"]]


def _deal(draw: Draw, company: Company, started: date, catalogue: list[Values]) -> Deal:
    customer_since = company.values.get("customer_since")
    known = isinstance(customer_since, date) and customer_since <= started
    source = "existing" if known and draw.chance(60) else draw.weighted(words.SOURCES)
    target = draw.around(150_000, 1.05) * (1.6 if company.values["tier"] in ("strategic", "key") else 1)
    stage, closes = _course(draw, started, target, source)
    product = draw.weighted([(index, row[7]) for index, row in enumerate(words.PRODUCTS)])
    deal = Deal(company, started, stage, closes, {"id": draw.id(started), "stage": stage, "lead_source": source})
    discount = draw.weighted(((0, 45), (3, 8), (5, 15), (8, 8), (10, 12), (15, 7), (20, 4), (25, 1)))
    deal.lines = _lines(draw, deal, catalogue, product, target, Decimal(discount))
    deal.values |= _basics(draw, deal, product, known, catalogue) | {"discount": Decimal(discount)}
    deal.values |= _end(draw, deal) if stage in ("won", "lost") else _plan(draw, deal)
    if stage == "won":
        company.values["account_type"] = (
            "customer" if company.values["account_type"] == "prospect" else company.values["account_type"]
        )
        company.values.setdefault("customer_since", closes)
    return deal


def _course(draw: Draw, started: date, target: float, source: str) -> tuple[str, date]:
    """The stage today, and the day the deal closed or should close."""
    length = max(10, min(320, round(draw.around(78, 0.5) * (1 + min(target, 2_000_000) / 2_500_000))))
    closes, age = started + timedelta(days=length), (draw.today - started).days
    if age >= length and not (age - length < 40 and draw.chance(35)):
        return ("won" if draw.chance(36 + _WIN_BONUS.get(source, 0)) else "lost"), closes
    progress = age / length + draw.share() * 0.3 - 0.15
    steps = ((0.2, "discovery"), (0.45, "qualified"), (0.75, "proposal"))
    return next((stage for limit, stage in steps if progress < limit), "negotiation"), closes


def _lines(
    draw: Draw, deal: Deal, catalogue: list[Values], first: int, target: float, discount: Decimal
) -> list[Values]:
    """The main product and one or two cheaper ones beside it."""
    others = sorted((index for index in range(len(catalogue)) if index != first), key=lambda i: _price(catalogue[i]))
    affordable = [index for index in others if _price(catalogue[index]) < target / 4]
    chosen = [first, *draw.some(affordable or others[:3], 2)]
    chosen = chosen if len(chosen) > 1 else [first, others[0]]
    return [
        _line(draw, deal, place, catalogue[index], target * share, discount)
        for place, (index, share) in enumerate(zip(chosen, (0.65, 0.25, 0.1), strict=False), start=1)
    ]


def _line(draw: Draw, deal: Deal, place: int, product: Values, target: float, discount: Decimal) -> Values:
    price = _price(product)
    quantity = _handy(max(1, min(5000, round(target / float(price)))))
    return {
        "id": draw.id(deal.started),
        "opportunity": deal.values["id"],
        "position": place,
        "product": product["id"],
        "quantity": Decimal(quantity),
        "unit_price": price,
        "discount": discount,
    }


def _entered(draw: Draw, deal: Deal) -> datetime:
    """When the deal came into its stage: the day it closed, or some day since it began."""
    day = deal.closes
    if deal.stage not in ("won", "lost"):
        day = deal.started + timedelta(days=int((draw.today - deal.started).days * draw.share()))
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def _total(line: Values) -> Decimal:
    """What the formula of a line will give."""
    total: Decimal = line["quantity"] * line["unit_price"] * (100 - line["discount"]) / 100
    return total.quantize(_CENT, ROUND_HALF_UP)


def _price(product: Values) -> Decimal:
    price: Decimal = product["list_price"]
    return price


def _handy(quantity: int) -> int:
    """A quantity as people order it: 137 becomes 140."""
    step = next((step for limit, step in ((20, 1), (100, 5), (500, 10)) if quantity < limit), 50)
    return max(1, round(quantity / step) * step)


def _basics(draw: Draw, deal: Deal, product: int, known: bool, catalogue: list[Values]) -> Values:
    company, contacts = deal.company, deal.company.contacts
    main = draw.one(contacts)
    kinds = (
        (("expansion", 45), ("renewal", 40), ("new_business", 15))
        if known
        else (("new_business", 78), ("replacement", 12), ("pilot", 10))
    )
    kind = draw.weighted(kinds)
    return {
        "name": _name(draw, company, product, kind),
        "account": company.values["id"],
        "primary_contact": main["id"],
        "contacts": tuple(other["id"] for other in draw.some([one for one in contacts if one is not main], 2)),
        "deal_type": kind,
        "amount": sum((_total(line) for line in deal.lines), Decimal(0)),
        "probability": Decimal(_PROBABILITY[deal.stage]),
        "forecast_category": _forecast(draw, deal.stage),
        "engage_date": deal.started,
        "stage_since": _entered(draw, deal),
        "close_date": deal.closes,
        "campaign": draw.one(words.CAMPAIGNS) if draw.chance(20) else None,
        "primary_product": catalogue[product]["id"],
        "tags": _tags(draw, company, kind, deal.values["lead_source"]),
        "competitors": tuple(draw.some(("incumbent", "in_house", "global_vendor", "local_vendor", "open_source"), 2)),
        "budget_confirmed": deal.stage in ("negotiation", "won") or draw.chance(25),
        "payment_terms": company.values["payment_terms"],
        "buyer_mobile": main["mobile"] if draw.chance(30) else None,
        "owner": company.values["owner"],
        "owner_team": company.values["owner_team"],
        "sales_engineer": draw.one(company.team.users)["id"] if draw.chance(30) else None,
    }


def _name(draw: Draw, company: Company, product: int, kind: str) -> str:
    topic_en, topic_zh = words.PRODUCTS[product][8:10]
    if company.chinese:
        return company.short_name + topic_zh + {"expansion": "二期", "renewal": "续约", "pilot": "试点"}.get(kind, "")
    return f"{company.short_name} {topic_en}" + {
        "expansion": ", phase 2",
        "renewal": ", renewal",
        "pilot": ", pilot",
    }.get(kind, "")


def _forecast(draw: Draw, stage: str) -> str:
    fixed = {"won": "commit", "lost": "omitted", "discovery": "pipeline", "qualified": "pipeline"}
    return fixed.get(stage) or draw.weighted(
        (("commit", 45 if stage == "negotiation" else 10), ("best_case", 40), ("pipeline", 20))
    )


def _tags(draw: Draw, company: Company, kind: str, source: str) -> tuple[str, ...]:
    reasons = {
        "renewal": kind == "renewal",
        "upsell": kind == "expansion",
        "strategic": company.values["tier"] == "strategic",
        "partner_deal": source == "partner",
        "tender": draw.chance(8),
        "reference": draw.chance(5),
        "needs_attention": draw.chance(4),
    }
    return tuple(tag for tag, holds in reasons.items() if holds)


def _plan(draw: Draw, deal: Deal) -> Values:
    if draw.chance(12):
        return {}
    return {"next_step": draw.one(words.NEXT_STEPS), "next_step_date": draw.day(-6, 24)}


def _end(draw: Draw, deal: Deal) -> Values:
    if deal.stage == "won":
        reason = draw.one(("Best fit", "Trust after the pilot", "Short delivery time", "方案契合", None, None))
        months = draw.weighted(((12, 60), (24, 20), (36, 20)))
        return {"contract_start": deal.closes + timedelta(days=14), "contract_months": months, "won_reason": reason}
    lost = draw.weighted(words.LOST_REASONS)
    rival = draw.one(words.RIVALS) if lost == "competitor" else None
    note = "Company was taken over, the project is stopped." if lost == "other" else None
    return {"lost_reason": lost, "lost_to": rival, "lost_note": note}
