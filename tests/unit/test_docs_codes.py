from tests.unit.metadata.test_defects import DEFECTS
from trellis.commands.docs_codes import document_codes, expression_codes, publishing_codes


def test_every_defect_that_is_found_is_explained() -> None:
    explained = {*document_codes(), *(f"expr.{code}" for code in expression_codes())}

    assert {defect.code for defect in DEFECTS.values()} - explained - {"expr."} == set()


def test_every_code_has_a_sentence() -> None:
    pages = document_codes() | expression_codes() | publishing_codes()

    assert [code for code, sentences in pages.items() if not sentences] == []
