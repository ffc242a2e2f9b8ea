"""Whatever the OpenAPI description allows can be sent: nothing breaks the server, and answers are as described."""

import asyncio
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.web.conftest import NOW
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
from trellis.web.application import build

ADMIN = "core.admin"
EXAMPLES = {ADMIN: 10, "sales.rep": 5, "sales.support": 4, "": 2}
"""How many requests each operation gets from somebody with a role; the last one has none."""

MANY = 20
"""How many times as many they are in `make soak`."""

PLANTED = "987654.32"
"""A credit limit, which only administrators and managers may see."""

ENTITIES = ("sales.account", "sales.opportunity_line", "core.task")


class Live:
    """A server on a free port, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.tokens: dict[str, str] = {}
        self.url = ""
        self._folder = folder
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> "Live":
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *args: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(20)

    async def _serve(self) -> None:
        told = Settings(data=str(self._folder), rate_person="0", rate_network="0")
        database = await Database.open(told)
        workspaces = Workspaces(database, FixedClock(NOW))
        context = await (await workspaces.named("main")).context()
        for number, role in enumerate(EXAMPLES):
            given = [role] if role else []
            user = await accounts.create_user(
                context, email=f"u{number}@example.com", name=f"User {number}", roles=given
            )
            self.tokens[role] = await accounts.create_token(context, user, "test")
        await write(context, "sales.account", [Create({"name": "Planted", "credit_limit": PLANTED})])
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            config = uvicorn.Config(build(workspaces, told), log_level="error", lifespan="off")
            self._server = uvicorn.Server(config)
            self._ready.set()
            await self._server.serve(sockets=[listener])
        await database.close()


@pytest.fixture(scope="module")
def live(published_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server over a copy of the published packs."""
    folder = tmp_path_factory.mktemp("live") / "data"
    shutil.copytree(published_folder, folder)
    with Live(folder) as server:
        yield server


@pytest.fixture(scope="module")
def schema(live: Live) -> OpenApiSchema:
    """The description as the server gives it."""
    address = f"{live.url}/api/v1/openapi.json"
    return schemathesis.openapi.from_url(address, headers={"authorization": f"Bearer {live.tokens[ADMIN]}"})


def operations(schema: OpenApiSchema) -> list[APIOperation]:
    """All operations but those of most entities, which are alike."""
    found = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return [item for item in found if (_entity(item.path) or ENTITIES[0]) in ENTITIES]


def _entity(path: str) -> str:
    return path.split("/")[2] if path.startswith("/records/") else ""


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, pytest.param(MANY, marks=pytest.mark.soak)])
@pytest.mark.parametrize("role", EXAMPLES)
def test_anything_that_fits_the_description_gets_an_answer_that_fits_it(
    live: Live, schema: OpenApiSchema, role: str, times: int
) -> None:
    seen: Counter[int] = Counter()
    for operation in operations(schema):

        @settings(
            max_examples=EXAMPLES[role] * times, deadline=None, database=None, derandomize=True,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            response: Response = case.call(
                base_url=f"{live.url}/api/v1", headers={"authorization": f"Bearer {live.tokens[role]}"}
            )
            assert response.status_code < 500, f"{case.method} {case.formatted_path} {case.body!r}: {response.text}"
            assert role == ADMIN or PLANTED not in response.text
            described(case, response)
            seen[response.status_code] += 1

        check()
    assert ({200, 404, 422} if role == ADMIN else {403}) <= set(seen)


def described(case: schemathesis.Case, response: Response) -> None:
    """The status is one that the operation names, and the body is as it says."""
    told = case.operation.definition.raw["responses"]
    assert str(response.status_code) in told, (
        f"{case.method} {case.path} answered {response.status_code}: {response.text}"
    )
    case.operation.validate_response(response)


def test_any_request_may_be_one_too_many(schema: OpenApiSchema) -> None:
    silent = [
        (path, method)
        for path, item in schema.raw_schema["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and "429" not in operation["responses"]
    ]
    assert silent == []
