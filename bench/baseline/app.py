"""The HTTP side of the application."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from litestar import Litestar, Request, Response, get, patch, post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler

from bench.baseline.page import list_page
from bench.baseline.records import ALL, LISTED, OFFERED, Conflict, NewOpportunity, OpportunityChange

_encode = msgspec.json.Encoder().encode
_json = "application/json"


class Store(Protocol):
    """The statements of the application; rows follow `ALL` or `LISTED`."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def get(self, id: str) -> Any: ...
    async def listed(self, stage: str, amount: Decimal, limit: int) -> list[Any]: ...
    async def count(self, stage: str, amount: Decimal) -> int: ...
    async def page(self, after: tuple[str, str] | None, limit: int) -> list[Any]: ...
    async def search(self, text: str, limit: int) -> list[Any]: ...
    async def offers(self, stage: str, amount: Decimal, limit: int) -> list[Any]: ...
    async def keys(self, table: str) -> list[Any]: ...
    async def grouped(self) -> list[Any]: ...
    async def create(self, new: NewOpportunity, actor: str) -> Any: ...
    async def update(self, id: str, version: int, amount: Decimal | None, actor: str) -> Any: ...


def application(store: Store, tokens: dict[str, str]) -> Litestar:
    """The server for a store; `tokens` has the name of who holds each token."""

    async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        if connection.scope["path"] == "/health":
            return
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        actor = tokens.get(token if scheme == "Bearer" else connection.cookies.get("session", ""))
        if actor is None:
            raise NotAuthorizedException
        connection.scope["user"] = actor

    @asynccontextmanager
    async def opened(_: Litestar) -> AsyncIterator[None]:
        await store.open()
        yield
        await store.close()

    handlers = [
        get_one, list_json, list_html, list_page_of_many, search, grouped, offers, create, update, keys, health
    ]  # fmt: skip
    return Litestar(
        route_handlers=handlers,
        guards=[signed_in],
        lifespan=[opened],
        state=State({"store": store}),
        openapi_config=None,
        exception_handlers={Conflict: lambda request, error: Response({"title": "Changed"}, status_code=412)},
    )


@get("/api/opportunities/{id:str}")
async def get_one(id: str, request: Request[Any, Any, Any]) -> Response[bytes]:
    row = await request.app.state.store.get(id)
    if row is None:
        raise NotFoundException
    return _record(row)


@get("/api/opportunities")
async def list_json(stage: str, amount: Decimal, request: Request[Any, Any, Any], limit: int = 25) -> Response[bytes]:
    return _listing(await request.app.state.store.listed(stage, amount, limit))


@get("/opportunities")
async def list_html(stage: str, amount: Decimal, request: Request[Any, Any, Any], limit: int = 25) -> Response[str]:
    store = request.app.state.store
    rows, count = await store.listed(stage, amount, limit), await store.count(stage, amount)
    return Response(list_page(rows, count, str(request.scope["user"])), media_type="text/html")


@get("/api/opportunities/pages")
async def list_page_of_many(request: Request[Any, Any, Any], limit: int, cursor: str | None = None) -> Response[bytes]:
    after = tuple(cursor.split("~")) if cursor else None
    rows = await request.app.state.store.page(after, limit)
    return _listing(rows, f"{rows[-1][-1]}~{rows[-1][0]}" if len(rows) == limit else None)


@get("/api/opportunities/search")
async def search(text: str, request: Request[Any, Any, Any], limit: int = 25) -> Response[bytes]:
    return _listing(await request.app.state.store.search(text, limit))


@get("/api/opportunities/by-stage-and-month")
async def grouped(request: Request[Any, Any, Any]) -> Response[bytes]:
    names = ("stage", "month", "count", "amount")
    rows = await request.app.state.store.grouped()
    return Response(_encode([dict(zip(names, row, strict=True)) for row in rows]), media_type=_json)


@get("/api/offers")
async def offers(stage: str, amount: Decimal, request: Request[Any, Any, Any], limit: int = 25) -> Response[bytes]:
    rows = await request.app.state.store.offers(stage, amount, limit)
    items = [dict(zip(OFFERED, row, strict=True)) for row in rows]
    return Response(_encode({"items": items, "next": None}), media_type=_json)


@get(["/api/keys", "/api/keys/{table:str}"])
async def keys(request: Request[Any, Any, Any], table: str = "opportunity") -> Response[bytes]:
    rows = await request.app.state.store.keys(table)
    return Response(_encode(dict(map(tuple, rows))), media_type=_json)


@post("/api/opportunities")
async def create(data: NewOpportunity, request: Request[Any, Any, Any]) -> Response[bytes]:
    return _record(await request.app.state.store.create(data, request.scope["user"]), 201)


@patch("/api/opportunities/{id:str}")
async def update(id: str, data: OpportunityChange, request: Request[Any, Any, Any]) -> Response[bytes]:
    expected = request.headers.get("if-match", "").strip('"')
    if not expected.isdigit():
        raise HTTPException("If-Match is needed", status_code=428)
    amount = None if data.amount is msgspec.UNSET else data.amount
    return _record(await request.app.state.store.update(id, int(expected), amount, request.scope["user"]))


@get("/health")
async def health() -> str:
    return "ok"


def _record(row: Sequence[Any], status: int = 200) -> Response[bytes]:
    body = _encode(dict(zip(ALL, row, strict=True)))
    return Response(body, media_type=_json, status_code=status, headers={"etag": f'"{row[1]}"'})


def _listing(rows: Sequence[Any], next: str | None = None) -> Response[bytes]:
    items = [dict(zip(LISTED, row, strict=True)) for row in rows]
    return Response(_encode({"items": items, "next": next}), media_type=_json)
