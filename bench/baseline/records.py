"""The shapes of the application: what comes in, which columns go out."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, UnsetType

Stage = Literal["discovery", "qualified", "proposal", "negotiation", "won", "lost"]

ALL = (
    "id", "version", "name", "code", "external_id", "account", "owner", "stage", "deal_type", "amount", "currency",
    "discount", "probability", "forecast_category", "engage_date", "close_date", "lead_source", "campaign", "tags",
    "budget_confirmed", "next_step", "next_step_date", "payment_terms", "contract_start", "contract_months",
    "description", "primary_contact", "contacts", "lead", "primary_product", "competitors", "partner", "sdr",
    "sales_engineer", "buyer_mobile", "proposal", "won_reason", "lost_reason", "lost_to", "lost_note", "owner_team",
    "created_at", "created_by", "updated_at", "updated_by",
)  # fmt: skip
LISTED = (
    "id", "version", "name", "account.name", "stage", "amount", "probability", "forecast_category", "owner.name",
    "close_date",
)  # fmt: skip
OFFERED = (
    "id", "version", "name", "stage", "close_date", "amount", "margin", "net", "size", "days", "heading", "total",
)  # fmt: skip
WRITTEN = (
    "name", "external_id", "account", "owner", "stage", "deal_type", "amount", "currency", "discount", "probability",
    "forecast_category", "engage_date", "close_date", "lead_source", "campaign", "tags", "budget_confirmed",
    "next_step", "next_step_date", "payment_terms", "contract_start", "contract_months", "description",
)  # fmt: skip


class NewOpportunity(Struct, forbid_unknown_fields=True):
    """What a client sends to create a deal."""

    name: Annotated[str, Meta(min_length=1, max_length=160)]
    stage: Stage = "discovery"
    external_id: Annotated[str, Meta(max_length=80)] | None = None
    account: str | None = None
    owner: str | None = None
    deal_type: Literal["new_business", "expansion", "renewal", "replacement", "pilot"] = "new_business"
    amount: Decimal | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    discount: Decimal = Decimal(0)
    probability: Decimal = Decimal(10)
    forecast_category: Literal["pipeline", "best_case", "commit", "omitted"] = "pipeline"
    engage_date: date | None = None
    close_date: date | None = None
    lead_source: Annotated[str, Meta(max_length=40)] | None = None
    campaign: Annotated[str, Meta(max_length=120)] | None = None
    tags: list[str] = []
    budget_confirmed: bool = False
    next_step: Annotated[str, Meta(max_length=200)] | None = None
    next_step_date: date | None = None
    payment_terms: Annotated[str, Meta(max_length=40)] | None = None
    contract_start: date | None = None
    contract_months: Annotated[int, Meta(ge=0, le=240)] | None = None
    description: Annotated[str, Meta(max_length=10_000)] | None = None

    def __post_init__(self) -> None:
        if self.amount is not None and self.amount < 0:
            raise ValueError("amount must be at least 0")
        if not 0 <= self.discount <= 100 or not 0 <= self.probability <= 100:
            raise ValueError("a percentage is between 0 and 100")


class OpportunityChange(Struct, forbid_unknown_fields=True):
    """What a client sends to change a deal; the one field that this application lets people change here."""

    amount: Decimal | UnsetType | None = msgspec.UNSET


class Conflict(Exception):
    """Somebody else changed the record first."""
