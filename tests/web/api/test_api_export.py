"""Lists as files: what people open, and what is imported again."""

import csv
import io
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from tests.web.api.conftest import RECORDS, Make
from tests.web.conftest import Server

ACCOUNTS = f"{RECORDS}/sales.account"
FORMULAS = ["=1+1", "+86 10", "-5 apples", "@SUM(A1)", "\t=1", "＝1+1"]

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def table(response: httpx.Response) -> list[dict[str, str]]:
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


async def test_a_list_becomes_a_csv_file_with_labels(api: httpx.AsyncClient, make: Make) -> None:
    parent = await make("sales.account", name="上海汽车", account_type="customer")
    await make(
        "sales.account",
        name="Branch",
        parent=parent["id"],
        annual_revenue="12.5",
        customer_since="2026-01-31",
    )

    asked = {
        "fields": "name,parent,account_type,annual_revenue,customer_since",
        "sort": "name",
        "filter": "filled(parent)",
    }
    response = await api.get(f"{ACCOUNTS}/export", params=asked)

    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="account-2026-11-21.csv"'
    assert table(response) == [
        {
            "Name": "Branch",
            "Parent account": "上海汽车",
            "Type": "Prospect",
            "Annual revenue (million)": "12.50",
            "Customer since": "2026-01-31",
        }
    ]


async def test_no_cell_is_a_formula(api: httpx.AsyncClient, make: Make) -> None:
    for formula in FORMULAS:
        await make("sales.account", name="x", legal_name=formula, billing_city=f"safe {formula}".replace("\t", " "))

    rows = table(await api.get(f"{ACCOUNTS}/export", params={"fields": "legal_name,billing_city"}))

    assert {row["Legal name"] for row in rows} == {"'" + formula.strip() for formula in FORMULAS}
    assert all(row["Billing city"].startswith("safe") for row in rows)


async def test_numbers_stay_numbers_and_text_stays_text_in_a_workbook(
    api: httpx.AsyncClient, make: Make, tmp_path: Any
) -> None:
    await make("sales.account", name="=1+1", employees=5, annual_revenue="12.5", customer_since="2026-01-31")

    asked = {"format": "xlsx", "fields": "name,employees,annual_revenue,customer_since,created_at"}
    response = await api.get(f"{ACCOUNTS}/export", params=asked)

    assert response.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sheet = load_workbook(io.BytesIO(response.content)).active
    name, staff, revenue, since, created = next(sheet.iter_rows(min_row=2))
    assert (name.value, name.data_type, name.quotePrefix) == ("=1+1", "s", True)
    assert (staff.value, revenue.value) == (5, 12.5)
    assert (str(since.value), str(created.value)) == ("2026-01-31 00:00:00", "2026-11-21 17:30:00")


async def test_many_pages_stream_into_one_file(api: httpx.AsyncClient) -> None:
    for start in range(0, 5000, 1000):
        operations = [{"op": "create", "values": {"name": f"A{number:05}"}} for number in range(start, start + 1000)]
        assert (await api.post(f"{ACCOUNTS}/batch", json={"operations": operations})).status_code == 200

    rows = table(await api.get(f"{ACCOUNTS}/export", params={"fields": "name", "sort": "name"}))

    assert [row["Name"] for row in rows] == [f"A{number:05}" for number in range(5000)]


async def test_exporting_is_a_right_with_a_limit(server: Server, api: httpx.AsyncClient) -> None:
    async with server.client(await server.token("Sam", "core.employee")) as employee:
        refused = await employee.get(f"{RECORDS}/core.user/export")

    assert refused.status_code == 403
    assert (await api.get(f"{ACCOUNTS}/export", params={"format": "pdf"})).status_code == 400
    assert (await api.get(f"{ACCOUNTS}/export", params={"fields": "nam"})).status_code == 422
    assert (await api.get(f"{ACCOUNTS}/export", params={"limit": "5"})).status_code == 400
