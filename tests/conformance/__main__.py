"""`python -m tests.conformance`: writes the page about conformance."""

import os
from pathlib import Path

from tests.conformance.report import page
from tests.conformance.sources import verdicts
from tests.support.checkout import ROOT

PAGE = ROOT / "docs" / "reference" / "conformance.md"

if __name__ == "__main__":
    folder = Path(os.environ.get("TRELLIS_SHARED_DATA") or ROOT.parent / "shared" / "data")
    PAGE.write_text(page(verdicts(folder)), encoding="utf-8")
