"""Clients of the API with different rights."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.web.conftest import Server

RECORDS = "/api/v1/records"


@pytest.fixture
async def api(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's client."""
    async with server.client(await server.token("Ada", "core.admin")) as client:
        yield client


@pytest.fixture
async def rep(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A sales person's client."""
    async with server.client(await server.token("Rita", "core.employee", "sales.rep")) as client:
        yield client


Make = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def make(api: httpx.AsyncClient) -> Make:
    """Makes a record and gives it as the API does."""

    async def made(entity: str, **values: Any) -> dict[str, Any]:
        response = await api.post(f"{RECORDS}/{entity}", json=values)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()
        return found

    return made
