"""A workspace whose records have to keep rules: companies and orders, published on either database."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.support.publishing import CLOCK, entity
from trellis.kernel.actor import SYSTEM
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.publishing import install_packs
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

COMPANY, ORDER = "shop.company", "shop.order"
Raw = dict[str, Any]

CHANNELS = {
    "web": {"order": 10, "label": "Web"},
    "desk": {"order": 20, "label": "Service desk", "when": "company.tier == 'key' or amount >= 1000"},
    "fair": {"order": 30, "label": "Fair", "when": "filled(company)"},
}
VALIDATIONS = {
    "not_past": {
        "order": 10, "fail": "due < today() and changed('due')", "at": "due",
        "message": "The due date cannot lie in the past {or so}.",
    },
    "within_limit": {"order": 20, "fail": "amount > company.limit", "at": "amount", "message": "More than the company may owe."},
    "no_way_back": {"order": 30, "fail": "prev.amount > amount and prev.company.tier == 'key'", "message": "Key orders only grow."},
    "large": {"order": 40, "fail": "amount > 500", "at": "amount", "message": "A large order.", "severity": "warning"},
    "double": {"order": 45, "fail": "double > 900 and prev.double < 900", "message": "Doubled beyond 900.", "at": "amount"},
    "tagged": {"order": 50, "fail": "has(tags, 'odd') and blank(note)", "at": "tags", "message": "Say what is odd.", "severity": "warning"},
}  # fmt: skip


def documents(company: Raw | None = None, order: Raw | None = None) -> list[Raw]:
    """The core pack and two entities; members given replace those of the entities."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    pack = {
        "kind": "pack", "format": 1, "id": "shop", "label": "Shop", "version": "1.0.0", "requires": {"core": ">=0.1"},
        "locales": ["en", "zh-CN"],
    }  # fmt: skip
    money = {"type": "decimal", "precision": 12, "scale": 2}
    company_fields = {
        "name": {"type": "text", "label": "Name", "required": True},
        "phone": {"type": "text", "label": "Phone"},
        "code": {"type": "text", "label": "Code"},
        "city": {"type": "text", "label": "City"},
        "tier": {"type": "text", "label": "Tier"},
        "limit": {**money, "label": "Limit"},
        "price": {**money, "label": "Price"},
    }
    order_fields = {
        "name": {"type": "text", "label": "Name"},
        "company": {"type": "lookup", "label": "Company", "target": COMPANY},
        "amount": {**money, "label": "Amount"},
        "due": {"type": "date", "label": "Due"},
        "note": {"type": "text", "label": "Note"},
        "tags": {"type": "multiselect", "label": "Tags", "options": {"odd": {"label": "Odd"}, "new": {"label": "New"}}},
        "channel": {"type": "select", "label": "Channel", "options": CHANNELS},
        "price": {**money, "label": "Price", "required": True, "default": {"expr": "coalesce(company.price, 1)"}},
        "double": {
            "type": "formula",
            "label": "Double",
            "returns": "decimal",
            "precision": 14,
            "scale": 2,
            "storage": "virtual",
            "expr": "amount * 2",
        },
        "total": {**money, "label": "Total", "default": {"expr": "round(price * 2, 2)"}},
    }
    duplicates = {
        "name": {"order": 10, "match": ["name"], "normalize": "letters", "action": "warn"},
        "code": {"order": 20, "match": ["code"], "normalize": "casefold", "action": "block"},
        "phone": {"order": 30, "match": ["phone", "city"], "normalize": "digits", "action": "warn"},
    }
    translation = {
        "kind": "translation", "id": "shop.zh", "locale": "zh-CN", "of": "shop",
        "entries": {f"{ORDER}#/validations/large/message": "大订单。"},
    }  # fmt: skip
    clerk = {
        "kind": "role", "id": "shop.clerk", "label": "Clerk",
        "entities": {COMPANY: {"create": True, "read": {"scopes": ["own"]}}},
    }  # fmt: skip
    return [
        *core,
        pack,
        clerk,
        entity(COMPANY, label="Company", traits={"owned": True}, fields=company_fields, **{"duplicates": duplicates, **(company or {})}),
        entity(ORDER, label="Order", fields=order_fields, **{"validations": VALIDATIONS, **(order or {})}),
        translation,
    ]  # fmt: skip


@contextlib.asynccontextmanager
async def ruled(database_url: str, folder: Path) -> AsyncIterator[OpenWorkspace]:
    """The workspace `main` with these documents."""
    url = database_url if database_url.startswith("postgresql:") else ""
    database = await Database.open(Settings(data=str(folder / "files") if url else database_url, database_url=url))
    workspace = await database.create_workspace("main")
    await install_packs(database, workspace, documents(), CLOCK, actor=SYSTEM, note="test")
    yield OpenWorkspace(database, workspace, CLOCK)
    await database.close()
