"""Texts in other languages: whose text people read, what is refused, what is covered."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trellis.metadata.check import check_documents
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.texts import placeholders
from trellis.places import packs_folder
from trellis.services.studio.translationedits import (
    all_texts,
    coverage,
    languages,
    new_language,
    own_id,
    refusal,
    with_words,
    words,
)

DOCUMENTS: dict[str, Any] = {raw["id"]: raw for raw in load_folder(packs_folder()).documents}
PLACES = sorted(text.place for texts in all_texts(DOCUMENTS).values() for text in texts)
NAME = "sales.account#/fields/name/label"


def put(documents: dict[str, Any], locale: str, texts: dict[str, str]) -> dict[str, Any]:
    document = with_words(documents, locale, texts)
    return {**documents, document["id"]: document}


def test_every_text_of_the_packs_is_there_in_chinese() -> None:
    everything = [text for texts in all_texts(DOCUMENTS).values() for text in texts]

    assert coverage(everything, words(DOCUMENTS, "zh-CN"), "en").percent == 100
    assert coverage(everything, words(DOCUMENTS, "de"), "en").done == 0
    assert coverage(everything, words(DOCUMENTS, "en"), "en").percent == 100


@given(st.sampled_from(PLACES), st.text(min_size=1, max_size=20).filter(str.strip))
def test_the_text_of_the_customer_comes_first_and_nothing_brings_the_packs_back(place: str, text: str) -> None:
    before = words(DOCUMENTS, "zh-CN").text(place)
    changed = put(DOCUMENTS, "zh-CN", {place: text})
    back = put(changed, "zh-CN", {place: ""})

    assert words(changed, "zh-CN").text(place) == text.strip()
    assert words(back, "zh-CN").text(place) == before
    assert words(back, "zh-CN").own == {}


@given(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(["", "Wort", "Satz {x}"]), max_size=6))
def test_texts_are_put_in_one_by_one_or_at_once(texts: dict[str, str]) -> None:
    one_by_one = DOCUMENTS
    for place, text in texts.items():
        one_by_one = put(one_by_one, "de", {place: text})
    at_once = put(DOCUMENTS, "de", texts)

    assert words(one_by_one, "de") == words(at_once, "de")


def test_the_text_of_the_pack_is_not_kept_twice() -> None:
    documents = put(DOCUMENTS, "zh-CN", {NAME: words(DOCUMENTS, "zh-CN").text(NAME)})

    assert words(documents, "zh-CN").own == {}


def test_the_places_in_braces_must_stay() -> None:
    rule: dict[str, Any] = {"order": 10, "fail": "amount < 0", "message": "Between {low} and {high}."}
    documents = {"x.a": {"kind": "entity", "id": "x.a", "titleField": "n", "fields": {}, "validations": {"r": rule}}}
    place = "x.a#/validations/r/message"

    assert placeholders(rule["message"]) == ("{high}", "{low}")
    assert refusal(documents, place, "介于 {low} 和 {high} 之间。") is None
    assert refusal(documents, place, "介于 {low} 和 {hihg} 之间。") is not None
    assert refusal(documents, place, "") is None


def test_only_places_of_texts_are_translated() -> None:
    assert refusal(DOCUMENTS, NAME, "Nom") is None
    assert refusal(DOCUMENTS, "sales.view_gone#/label", "Nom") is not None
    assert refusal(DOCUMENTS, "sales.account#/fields/name/type", "Nom") is not None
    assert refusal(DOCUMENTS, "sales.account#/fields/nobody/label", "Nom") is not None
    assert refusal(DOCUMENTS, "nothing", "Nom") is not None


def test_a_language_that_the_customer_adds_is_sound_and_offered() -> None:
    documents = put(DOCUMENTS, "pt-BR", {NAME: "Nome", "core#/label": "Núcleo"})

    assert languages(documents) == ("en", "zh-CN", "pt-BR")
    assert own_id("pt-BR") == "x.pt_br"
    assert check_documents(documents.values()) == ()
    assert Snapshot.of(1, documents.values()).localised("pt-BR").entity("sales.account").fields["name"].label == "Nome"


def test_a_language_that_nobody_speaks_is_found() -> None:
    strange = {**new_language("de"), "locale": "klingon!"}

    (finding,) = check_documents([*DOCUMENTS.values(), strange])

    assert (finding.code, finding.pointer) == ("locale_unknown", "/locale")
