"""Two tiny packs without a defect, and ways to break them."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

Files = dict[str, Any]
"""Documents by file name; bytes or text stand for themselves."""

CORE: Files = {
    "core/pack.json": {"kind": "pack", "format": 1, "id": "core", "label": "Core", "version": "1.2.0"},
    "core/entities/user.json": {
        "kind": "entity", "id": "core.user", "label": "User", "titleField": "name",
        "fields": {"name": {"type": "text", "label": "Name", "required": True}},
    },
    "core/entities/team.json": {
        "kind": "entity", "id": "core.team", "label": "Team", "titleField": "name",
        "fields": {"name": {"type": "text", "label": "Name", "required": True}},
    },
    "core/entities/file.json": {
        "kind": "entity", "id": "core.file", "label": "File", "titleField": "name",
        "fields": {"name": {"type": "text", "label": "Name"}},
    },
    "core/roles/employee.json": {"kind": "role", "id": "core.employee", "label": "Employee"},
}  # fmt: skip

SHOP: Files = {
    "shop/pack.json": {
        "kind": "pack", "format": 1, "id": "shop", "label": "Shop", "version": "0.1.0", "engine": ">=0.1 <2",
        "defaultLocale": "en", "locales": ["en", "zh-CN"], "requires": {"core": ">=1.0 <2"},
        "provides": ["entity", "form"],
    },
    "shop/optionsets/status.json": {
        "kind": "optionset", "id": "shop.status", "label": "Status",
        "options": {
            "open": {"order": 10, "label": "Open"},
            "paid": {"order": 20, "label": "Paid", "tone": "ok"},
            "lost": {"order": 30, "label": "Lost", "active": False, "replacedBy": "open"},
        },
    },
    "shop/entities/customer.json": {
        "kind": "entity", "id": "shop.customer", "label": "Customer", "titleField": "name",
        "traits": {"owned": True},
        "fields": {
            "name": {"type": "text", "label": "Name", "required": True, "maxLength": 80},
            "code": {"type": "text", "label": "Code", "pattern": "^C[0-9]+$"},
            "vip": {"type": "boolean", "label": "VIP", "default": False},
        },
    },
    "shop/entities/order.json": {
        "kind": "entity", "id": "shop.order", "label": "Order", "labelPlural": "Orders", "titleField": "number",
        "summaryFields": ["customer", "status"],
        "traits": {"owned": True},
        "fields": {
            "number": {"type": "autonumber", "label": "No.", "pattern": "O-{seq:5}"},
            "customer": {
                "type": "lookup", "label": "Customer", "target": "shop.customer", "required": True,
                "filter": "target.vip or blank(amount)", "inverse": {"key": "orders", "label": "Orders"},
            },
            "status": {"type": "select", "label": "Status", "optionset": "shop.status", "default": "open"},
            "channel": {
                "type": "select", "label": "Channel",
                "options": {"web": {"order": 10, "label": "Web"}, "phone": {"order": 20, "label": "Phone"}},
            },
            "amount": {"type": "currency", "label": "Amount", "precision": 12, "scale": 2, "min": "0", "max": "999999"},
            "due": {"type": "date", "label": "Due", "default": {"expr": "today()"}},
            "tags": {"type": "multiselect", "label": "Tags", "optionset": "shop.status"},
            "note": {"type": "longtext", "label": "Note"},
            "clerk": {"type": "user", "label": "Clerk"},
        },
        "indexes": {"by_status": {"fields": ["status", "due"]}},
    },
    "shop/entities/line.json": {
        "kind": "entity", "id": "shop.line", "label": "Line", "titleField": "text",
        "traits": {"childOf": "order"},
        "fields": {
            "order": {
                "type": "lookup", "target": "shop.order", "required": True, "onDelete": "cascade",
                "inverse": {"key": "lines", "label": "Lines"},
            },
            "text": {"type": "text", "label": "Text"},
        },
    },
    "shop/forms/order_form.json": {
        "kind": "form", "id": "shop.order_form", "entity": "shop.order", "label": "Order",
        "use": ["create", "edit", "detail"],
        "audience": {"roles": ["shop.clerk"], "priority": 10},
        "header": {
            "facts": ["amount"],
            "badges": {"late": {"order": 10, "when": "due < today()", "label": "Late", "tone": "bad"}},
        },
        "sections": {
            "basics": {
                "order": 10, "label": "Basics",
                "items": {
                    "customer": {"order": 10, "quickCreate": "shop.customer_form"},
                    "status": {"order": 20, "refresh": ["note"]},
                    "amount": {"order": 30, "required": "status == 'paid'"},
                    "note": {"order": 40, "visible": "status == 'lost'"},
                },
            },
            "lines": {
                "order": 20, "label": "Lines", "kind": "related", "relation": "shop.line.order",
                "columns": {"text": {"order": 10}, "order.customer.name": {"order": 20}},
            },
        },
    },
    "shop/forms/customer_form.json": {
        "kind": "form", "id": "shop.customer_form", "entity": "shop.customer", "label": "Customer", "use": ["create"],
        "sections": {"basics": {"order": 10, "items": {"name": {"order": 10}}}},
    },
    "shop/views/order_all.json": {
        "kind": "view", "id": "shop.order_all", "entity": "shop.order", "type": "list", "label": "All",
        "default": True, "filter": "status == 'open'", "scopeDefault": "own",
        "columns": {
            "number": {"order": 10, "link": True},
            "customer.name": {"order": 20, "label": "Customer"},
            "amount": {"order": 30, "summary": "sum"},
            "due": {"order": 40, "format": "relative"},
        },
        "sort": [{"field": "due", "dir": "desc"}],
        "quickFilters": {"late": {"order": 10, "label": "Late", "filter": "due < today()"}},
        "paging": {"size": 25},
    },
    "shop/roles/clerk.json": {
        "kind": "role", "id": "shop.clerk", "label": "Clerk", "inherits": ["core.employee"],
        "entities": {
            "shop.order": {
                "create": True, "read": {"scopes": ["all"]}, "edit": {"scopes": ["own"]},
                "fields": {"*": "edit", "amount": "read"},
            },
            "shop.line": {"read": {"scopes": ["own"]}},
        },
        "navigation": ["shop.main"],
    },
    "shop/navigation/main.json": {
        "kind": "navigation", "id": "shop.main", "label": "Shop",
        "items": {
            "orders": {"order": 10, "view": "shop.order_all"},
            "more": {"order": 20, "label": "More", "children": {"customers": {"order": 10, "entity": "shop.customer"}}},
        },
    },
    "shop/seeds/customers.json": {
        "kind": "seed", "id": "shop.customers", "entity": "shop.customer", "match": ["code"],
        "rows": [{"code": "C1", "name": "Ann", "vip": True}, {"code": "C2", "name": "Bob"}],
    },
    "shop/translations/zh-CN.json": {
        "kind": "translation", "id": "shop.zh_cn", "locale": "zh-CN", "of": "shop",
        "entries": {
            "shop#/label": "商店",
            "shop.order#/label": "订单",
            "shop.order#/fields/channel/options/web/label": "网站",
            "shop.order_form#/sections/basics/label": "基本",
        },
    },
}  # fmt: skip

SOUND: Files = {**CORE, **SHOP}


def sound() -> Files:
    """A copy of the packs to break."""
    return deepcopy(SOUND)


def written(files: Files, folder: Path) -> Path:
    """The folder with one file per document."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str | bytes) else json.dumps(content, ensure_ascii=False, indent=2)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


Break = Callable[[Files], None]


def put(file: str, place: str, value: Any) -> Break:
    """Sets the member at a pointer (`-` behind a list appends)."""

    def change(files: Files) -> None:
        holder, key = _holder(files[file], place)
        if key == "-":
            holder.append(value)
        else:
            holder[int(key) if isinstance(holder, list) else key] = value

    return change


def both(*changes: Break) -> Break:
    """One change after the other."""

    def change(files: Files) -> None:
        for one in changes:
            one(files)

    return change


def drop(file: str, place: str) -> Break:
    """Removes the member at a pointer."""

    def change(files: Files) -> None:
        holder, key = _holder(files[file], place)
        del holder[int(key) if isinstance(holder, list) else key]

    return change


def replace_text(file: str, old: str, new: str) -> Break:
    """Changes the JSON text of a file, for defects that no value can have."""

    def change(files: Files) -> None:
        text = json.dumps(files[file], ensure_ascii=False)
        assert old in text
        files[file] = text.replace(old, new, 1)

    return change


def add(file: str, content: Any) -> Break:
    """Puts a file into the packs."""

    def change(files: Files) -> None:
        files[file] = content

    return change


def remove(file: str) -> Break:
    """Takes a file away."""

    def change(files: Files) -> None:
        del files[file]

    return change


def move(file: str, place: str) -> Break:
    """Puts a file elsewhere."""

    def change(files: Files) -> None:
        files[place] = files.pop(file)

    return change


def _holder(document: Any, place: str) -> tuple[Any, str]:
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]]
    for part in parents:
        document = document[int(part) if isinstance(document, list) else part]
    return document, last
