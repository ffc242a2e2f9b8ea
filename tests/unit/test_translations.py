"""Every sentence that people may read is there in Chinese, with the same places in it."""

import re

from tests.support.messages import messages
from trellis.engine.expr.functions import STANDARD
from trellis.metadata.documents import Entity, OptionSet
from trellis.metadata.documents.entity import Index
from trellis.metadata.documents.rules import DuplicateRule, Validation
from trellis.metadata.fieldtypes import fieldtypes
from trellis.web.catalogues import catalogue
from trellis.web.studio.panels.specs import specs_of
from trellis.web.studio.panels.words import help_of

_PLACE = re.compile(r"\{(\w+)\}")


def test_every_sentence_is_translated() -> None:
    texts = catalogue("zh-CN")

    missing = {text: place for text, place in messages().items() if text not in texts}

    assert missing == {}


def test_translations_have_the_same_places() -> None:
    wrong = {
        text: translated
        for text, translated in catalogue("zh-CN").items()
        if set(_PLACE.findall(text)) != set(_PLACE.findall(translated))
    }

    assert wrong == {}


def test_every_function_is_explained_in_chinese() -> None:
    texts = catalogue("zh-CN")

    missing = {function.name: function.doc for function in STANDARD if function.doc not in texts}

    assert missing == {}


def test_every_member_that_panels_show_is_explained_in_chinese() -> None:
    texts = catalogue("zh-CN")

    models = (*fieldtypes, Entity, OptionSet, Index, Validation, DuplicateRule)
    specs = [one for model in models for spec in specs_of(model) for one in (spec, *spec.rows)]
    said = {str(help_of(spec.owner, spec.member)) for spec in specs} - {""}

    missing = {text for text in said if text not in texts}

    assert missing == set()
