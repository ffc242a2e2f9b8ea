"""A hidden field is kept and can be computed with, but is offered nowhere."""

import pytest

from trellis.engine.access import Access, access_of
from trellis.engine.catalogue import SnapshotCatalogue
from trellis.engine.metadata_expressions import check_expression
from trellis.kernel.actor import SYSTEM, Actor
from trellis.metadata.check import check_documents
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder
from trellis.services.transfer.guessing import importable
from trellis.web.api.describe import entity_details, record_schema, write_schema

PACKS = load_folder(packs_folder()).documents
HIDING = {
    "kind": "extension", "id": "x.sales_account_ext", "target": "sales.account", "hide": ["/fields/industry"],
    "add": {"/fields/x_kind": {"type": "formula", "label": "Kind", "returns": "boolean", "expr": "filled(industry)"}},
}  # fmt: skip
ACCOUNT = "sales.account"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.of(1, [*PACKS, HIDING])


@pytest.fixture(scope="module", params=["everybody", "the system"])
def access(request: pytest.FixtureRequest, snapshot: Snapshot) -> Access:
    actor = Actor("u1", "Ann", "ann@example.com", frozenset({"core.admin"}))
    return access_of(SYSTEM if request.param == "the system" else actor, snapshot)


def test_it_stays_with_its_values_and_formulas_use_it(snapshot: Snapshot, access: Access) -> None:
    assert snapshot.entity(ACCOUNT).fields["industry"].hidden
    assert "industry" in access.readable(ACCOUNT)
    assert check_documents([*PACKS, HIDING], check_expression) == ()


def test_nobody_is_offered_it(snapshot: Snapshot, access: Access) -> None:
    assert "industry" not in access.visible(ACCOUNT)
    assert "industry" not in snapshot.entity(ACCOUNT).summary_fields


def test_expressions_do_not_propose_it_but_know_it(snapshot: Snapshot) -> None:
    catalogue = SnapshotCatalogue(snapshot)

    assert "industry" not in catalogue.field_keys(ACCOUNT)
    assert catalogue.field_type(ACCOUNT, "industry") is not None


def test_no_form_and_no_list_shows_it(snapshot: Snapshot) -> None:
    forms = [form for form in snapshot.forms.values() if form.entity == ACCOUNT]

    assert forms
    assert not any("industry" in section.items for form in forms for section in form.sections.values())
    assert not any("industry" in view.columns for view in snapshot.views_of(ACCOUNT))
    assert not any("account.industry" in view.columns for view in snapshot.views.values())


def test_a_column_of_a_file_cannot_fill_it(snapshot: Snapshot, access: Access) -> None:
    assert "industry" not in {field.key for field in importable(snapshot.entity(ACCOUNT), access)}


def test_the_api_does_not_describe_it(snapshot: Snapshot, access: Access) -> None:
    entity = snapshot.entity(ACCOUNT)
    described = (
        entity_details(snapshot, entity, access), record_schema(entity, access), write_schema(entity, access, "update")
    )  # fmt: skip

    assert "'industry'" not in str(described)
