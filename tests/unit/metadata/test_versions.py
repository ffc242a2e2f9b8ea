import pytest

from trellis.metadata.versions import Range, Version


@pytest.mark.parametrize(
    ("wanted", "version", "fits"),
    [
        (">=1.0 <2", "1.0.0", True),
        (">=1.0 <2", "1.99.3", True),
        (">=1.0 <2", "2.0.0", False),
        (">1", "1.0.0", False),
        ("<=1.2", "1.2.0", True),
        ("==1.2.3", "1.2.3", True),
        ("=1.10", "1.9.0", False),
        (">=1.9", "1.10.0", True),
    ],
)
def test_a_range_holds_versions(wanted: str, version: str, fits: bool) -> None:
    range_, found = Range.read(wanted), Version.read(version)

    assert range_ is not None
    assert found is not None
    assert range_.holds(found) is fits


@pytest.mark.parametrize("text", ["", "1.0", "^1.0", ">=1.x", ">= 1.0", "latest", ">=1.0.0.0"])
def test_other_texts_are_no_ranges(text: str) -> None:
    assert Range.read(text) is None


@pytest.mark.parametrize("text", ["", "1", "1.0", "1.0.0-beta", "v1.0.0", "1.0.0.0"])
def test_a_version_is_three_numbers(text: str) -> None:
    assert Version.read(text) is None
