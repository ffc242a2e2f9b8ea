"""Real input: files that nobody here wrote come in whole, by mapping files."""

from pathlib import Path

import pytest

from tests.services.test_import import counts, values
from tests.support.checkout import ROOT
from tests.support.samples import sample
from trellis.engine.query import Count, Query
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.transfer.importing import carry_on, start
from trellis.services.transfer.mapping import Mapping, read_mapping
from trellis.storage.importruns import ImportRun


async def import_sample(context: Context, folder: Path, mapping_name: str, *parts: str) -> ImportRun:
    mapping = read_mapping(ROOT / "tests" / "imports" / f"{mapping_name}.json")
    run = await start(context, sample(*parts), mapping, rejects=folder / f"{mapping_name}.csv")
    return await carry_on(context, run, sample(*parts), mapping)


async def count(context: Context, entity: str, condition: str | None = None) -> int | None:
    return await queries.count(context, Query(entity, filter=condition, count=Count.EXACT))


async def test_the_maven_crm_comes_in_with_all_its_lookups(system: Context, tmp_path: Path) -> None:
    maven = "maven-crm-sales"
    accounts = await import_sample(system, tmp_path, "maven_accounts", maven, "accounts.csv")
    products = await import_sample(system, tmp_path, "maven_products", maven, "products.csv")
    teams = await import_sample(system, tmp_path, "maven_teams", maven, "sales_teams.csv")
    deals = await import_sample(system, tmp_path, "maven_opportunities", maven, "sales_pipeline.csv")

    # five companies are named as somebody's parent before their own row, which then completes them
    assert [counts(run) for run in (accounts, products, teams, deals)] == [
        (80, 5, 0, 0), (7, 0, 0, 0), (35, 0, 0, 0), (8800, 0, 0, 0),
    ]  # fmt: skip
    deal = "sales.opportunity"
    assert await count(system, deal) == 8800
    assert await count(system, deal, "account.name == 'Cancity' and primary_product.name == 'GTX Pro'") == 19
    assert await count(system, deal, "blank(account)") == 1425
    assert await count(system, deal, "stage == 'won'") == 4238
    assert await count(system, deal, "blank(owner) or blank(primary_product)") == 0


async def test_the_olist_funnel_comes_in_with_deals_linked_to_leads(system: Context, tmp_path: Path) -> None:
    olist, closed = "olist-funnel", "olist_closed_deals_dataset.csv"
    leads = await import_sample(system, tmp_path, "olist_leads", olist, "olist_marketing_qualified_leads_dataset.csv")
    converted = await import_sample(system, tmp_path, "olist_closed_leads", olist, closed)
    deals = await import_sample(system, tmp_path, "olist_closed_deals", olist, closed)

    assert [counts(run) for run in (leads, converted, deals)] == [(8000, 0, 0, 0), (0, 842, 0, 0), (842, 0, 0, 0)]
    assert await count(system, "sales.lead") == 8000
    assert await count(system, "sales.opportunity", "lead.status == 'converted'") == 842


async def test_the_companies_of_china_come_in_without_a_word_about_their_encoding(
    system: Context, tmp_path: Path
) -> None:
    run = await import_sample(system, tmp_path, "cn_listed_companies", "cn-listed-companies-gbk", "stock_basic_gbk.csv")

    assert counts(run) == (4347, 0, 0, 0)
    assert await count(system, "sales.account", "name == '平安银行' and stock_code == '000001'") == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_workbook_comes_in_like_a_csv_file(system: Context, tmp_path: Path) -> None:
    mapping = Mapping.model_validate(
        {"entity": "sales.account", "key": ["name"], "columns": {"客户名称": {"field": "name"}}}
    )
    path = sample("cn-superstore", "superstore_zh.xls")

    run = await carry_on(system, await start(system, path, mapping, rejects=tmp_path / "r.csv"), path, mapping)

    created, _, unchanged, rejected = counts(run)
    assert created == len(await values(system, "sales.account", "name"))
    assert (created + unchanged, rejected) == (10_000, 0)
