"""The compose file is valid without an engine at hand."""

from typing import Any

import pytest
import yaml

from tests.support.checkout import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_services_are_the_app_its_worker_and_postgresql() -> None:
    assert set(SERVICES) == {"app", "worker", "postgres"}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_service_says_when_it_is_healthy(service: dict[str, Any]) -> None:
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_service_waits_for_services_that_exist(service: dict[str, Any]) -> None:
    waits = service.get("depends_on", {})

    assert set(waits) <= set(SERVICES)
    assert all(wait == {"condition": "service_healthy"} for wait in waits.values())


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_service_keeps_its_data_in_a_declared_volume(service: dict[str, Any]) -> None:
    volumes = {volume.partition(":")[0] for volume in service["volumes"]}

    assert volumes
    assert volumes <= set(COMPOSE["volumes"])


def test_the_image_runs_as_an_ordinary_user() -> None:
    instructions = (ROOT / "Dockerfile").read_text().splitlines()
    last_stage = max(number for number, line in enumerate(instructions) if line.startswith("FROM"))

    users = [line.split()[1] for line in instructions[last_stage:] if line.startswith("USER")]

    assert users == ["trellis"]
