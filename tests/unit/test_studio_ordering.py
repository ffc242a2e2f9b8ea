"""Moving ordered elements: people get the sequence they want, and as little as possible changes."""

from hypothesis import given
from hypothesis import strategies as st

from trellis.services.studio.ordering import arranged, following, in_order, moved

KEYS = st.text("abcdef", min_size=1, max_size=3)
ELEMENTS = st.dictionaries(KEYS, st.fixed_dictionaries({}, optional={"order": st.integers(-5, 60)}), max_size=8)


@given(ELEMENTS, st.randoms(use_true_random=False))
def test_any_sequence_can_be_had(elements, random) -> None:
    wanted = random.sample(sorted(elements), random.randint(0, len(elements)))

    assert in_order(arranged(elements, wanted)) == wanted


@given(ELEMENTS)
def test_the_sequence_that_is_there_changes_no_number(elements) -> None:
    assert arranged(elements, in_order(elements)) == elements


@given(st.integers(2, 9), st.data())
def test_moving_one_of_spaced_elements_changes_only_its_number(count, data) -> None:
    elements = {f"k{place}": {"order": (place + 1) * 10, "label": str(place)} for place in range(count)}
    key = data.draw(st.sampled_from(sorted(elements)))
    wanted = moved(in_order(elements), key, data.draw(st.integers(-count, count)))

    found = arranged(elements, wanted)

    assert in_order(found) == wanted
    assert sum(found[other] != elements[other] for other in elements) <= 1


def test_what_is_moved_beyond_an_end_stays_there() -> None:
    assert moved(["a", "b", "c"], "b", 9) == ["a", "c", "b"]
    assert moved(["a", "b", "c"], "b", -9) == ["b", "a", "c"]
    assert moved(["a"], "z", 1) == ["a"]


def test_a_new_element_comes_last() -> None:
    assert following({}) == 10
    assert following({"a": {"order": 35}}) == 45
