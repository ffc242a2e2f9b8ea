"""Packs and layers over the API: plans, publishing what was shown, files, and what is refused."""

import io
import zipfile
from typing import Any

import httpx
import pytest

from trellis.metadata.layers.order import layer_of
from trellis.metadata.load import load_folder
from trellis.places import packs_folder

PACKS = "/api/v1/metadata/packs"
VISIT: dict[str, Any] = {
    "kind": "entity", "id": "x.visit", "label": "Visit", "titleField": "name",
    "fields": {"name": {"type": "text", "label": "Name"}},
}  # fmt: skip

pytestmark = pytest.mark.anyio


async def agreed(api: httpx.AsyncClient, plan: httpx.Response) -> dict[str, Any]:
    assert plan.status_code == 200, plan.text
    return {"fingerprint": plan.json()["fingerprint"], "consents": plan.json()["consents"], "note": "test"}


async def test_packs_are_listed_and_read(api: httpx.AsyncClient) -> None:
    items = (await api.get(PACKS)).json()["items"]

    assert [(item["pack"], item["state"], item["newer"]) for item in items] == [
        ("core", "enabled", None), ("sales", "enabled", None),
    ]  # fmt: skip
    assert items[0]["required_by"] == ["sales"]
    sales = (await api.get(f"{PACKS}/sales")).json()
    assert len(sales["contents"]) == sales["documents"]
    assert (await api.get(f"{PACKS}/nothing")).status_code == 404


async def test_a_layer_goes_out_as_files_and_comes_in_again(api: httpx.AsyncClient) -> None:
    plan = await api.post(f"{PACKS}/plan", json={"documents": [VISIT]})
    body = await agreed(api, plan)
    assert [change["what"] for change in plan.json()["changes"]][:1] == ["added"]
    late = await api.post(f"{PACKS}/publish", json={"documents": [VISIT], **body, "fingerprint": "0"})
    assert (late.status_code, late.json()["type"]) == (409, "urn:trellis:problem:plan_changed")
    assert (await api.post(f"{PACKS}/publish", json={"documents": [VISIT], **body})).status_code == 201

    first = await api.get("/api/v1/metadata/layers/x")
    assert first.headers["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(first.content)).namelist() == ["x/entities/visit.json"]
    again = await api.post(f"{PACKS}/plan", content=first.content, headers={"content-type": "application/zip"})
    assert again.json()["changes"] == []
    assert (await api.get("/api/v1/metadata/layers/x")).content == first.content
    assert (await api.get("/api/v1/metadata/layers/nothing")).status_code == 404


async def test_a_pack_is_switched_off_and_on_and_removed(api: httpx.AsyncClient) -> None:
    for action in ("disable", "enable"):
        body = await agreed(api, await api.get(f"{PACKS}/sales/plan?action={action}"))
        assert (await api.post(f"{PACKS}/sales/{action}", json=body)).status_code == 201
    body = await agreed(api, await api.get(f"{PACKS}/sales/plan?action=uninstall"))
    gone = await api.delete(f"{PACKS}/sales?fingerprint={body['fingerprint']}")
    assert gone.status_code == 200, gone.text
    assert [(item["pack"], item["state"]) for item in (await api.get(PACKS)).json()["items"]] == [
        ("core", "enabled"), ("sales", "available"),
    ]  # fmt: skip


async def test_what_is_sent_is_looked_at_first(api: httpx.AsyncClient) -> None:
    zip_type = {"content-type": "application/zip"}
    broken = await api.post(f"{PACKS}/plan", content=b"nonsense", headers=zip_type)
    assert (broken.status_code, broken.json()["errors"][0]["code"]) == (422, "zip_broken")
    evil = io.BytesIO()
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../x/entities/visit.json", "{}")
    refused = await api.post(f"{PACKS}/plan", content=evil.getvalue(), headers=zip_type)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "zip_name")

    sales = [dict(raw) for raw in load_folder(packs_folder()).documents if layer_of(raw["id"]) == "sales"]
    without_manifest = [raw for raw in sales if raw["kind"] != "pack"]
    extension = {"kind": "extension", "id": "x.a_ext", "target": "sales.account", "change": []}
    documents: list[Any]
    for documents in ([], [1], [{}], [{"kind": "entity", "id": "X"}], [VISIT, VISIT], without_manifest, [extension]):
        response = await api.post(f"{PACKS}/plan", json={"documents": documents})
        assert response.status_code == 422, response.text
    assert (await api.post(f"{PACKS}/plan", json={"documents": [VISIT], "else": 1})).status_code == 422
    assert (await api.get(f"{PACKS}/sales/plan?action=burn")).status_code == 422
    assert (await api.get(f"{PACKS}/core/plan?action=uninstall")).status_code == 422
    assert (await api.delete(f"{PACKS}/sales?fingerprint=0")).status_code == 409
