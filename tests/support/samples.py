"""Files that nobody in this project wrote, kept beside the checkout."""

import os
from pathlib import Path

import pytest

from tests.support.checkout import ROOT


def sample(*parts: str) -> Path:
    """A file or folder of the collection; skips the test where there is none (TRELLIS_SHARED_DATA says where it is)."""
    folder = Path(os.environ.get("TRELLIS_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the shared sample data is not here")
    return folder.joinpath(*parts)
