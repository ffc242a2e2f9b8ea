"""Warnings go along with what was saved; only who asks for it is stopped by them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.application import build
from tests.support.ruled import COMPANY, ORDER, ruled
from tests.web.conftest import Server
from trellis.kernel.settings import Settings
from trellis.services.workspaces import Workspaces

RECORDS = "/api/v1/records"
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[Server]:
    """The application over entities with rules."""
    async with ruled(database_url, tmp_path) as home:
        workspaces = Workspaces(home.database, home.clock)
        context = await (await workspaces.named("main")).context()
        yield Server(build(workspaces, Settings(data=database_url)), workspaces, context)


async def test_a_save_tells_its_warnings_in_a_header(api: httpx.AsyncClient) -> None:
    first = (await api.post(f"{RECORDS}/{COMPANY}", json={"name": "Müller"})).json()["id"]

    made = await api.post(f"{RECORDS}/{COMPANY}", json={"name": "MÜLLER"}, headers={"accept-language": "zh-CN"})
    fine = await api.patch(f"{RECORDS}/{COMPANY}/{first}", json={"city": "Bonn"})

    assert made.status_code == 201
    (warning,) = json.loads(made.headers["trellis-warnings"])
    assert (warning["pointer"], warning["code"], warning["records"]) == ("/name", "duplicate", [first])
    assert "Name" in warning["message"]
    assert "trellis-warnings" not in fine.headers


async def test_the_cautious_get_a_problem_and_nothing_is_saved(api: httpx.AsyncClient) -> None:
    stopped = await api.post(f"{RECORDS}/{ORDER}?cautious=true", json={"amount": "501"})

    assert stopped.status_code == 422
    problem = stopped.json()
    assert problem["type"] == "urn:trellis:problem:warned"
    assert [(found["field"], found["message"]) for found in problem["warnings"]] == [("amount", "A large order.")]
    assert (await api.get(f"{RECORDS}/{ORDER}?count=exact")).json()["count"] == 0

    made = await api.post(f"{RECORDS}/{ORDER}", json={"amount": "501"})
    again = await api.patch(f"{RECORDS}/{ORDER}/{made.json()['id']}?cautious=1", json={"amount": "502"})
    wrong = await api.post(f"{RECORDS}/{ORDER}?cautious=perhaps", json={"amount": "1"})

    assert (made.status_code, again.status_code, wrong.status_code) == (201, 422, 422)


async def test_a_batch_tells_them_where_they_belong(api: httpx.AsyncClient) -> None:
    operations = [{"op": "create", "values": {"amount": amount}} for amount in ("1", "501")]

    saved = await api.post(f"{RECORDS}/{ORDER}/batch", json={"operations": operations})
    stopped = await api.post(f"{RECORDS}/{ORDER}/batch?cautious=true", json={"operations": operations})
    each = await api.post(f"{RECORDS}/{ORDER}/batch?cautious=true", json={"operations": operations, "atomic": False})

    assert [len(result.get("warnings", [])) for result in saved.json()["results"]] == [0, 1]
    assert [found["pointer"] for found in stopped.json()["warnings"]] == ["/operations/1/values/amount"]
    assert [result["status"] for result in each.json()["results"]] == [201, 422]


async def test_a_validation_refuses_with_its_sentence(api: httpx.AsyncClient) -> None:
    refused = await api.post(f"{RECORDS}/{ORDER}", json={"due": "2020-01-01"})

    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "pointer": "/due", "field": "due", "code": "validation",
            "message": "The due date cannot lie in the past {or so}.",
        }
    ]  # fmt: skip
