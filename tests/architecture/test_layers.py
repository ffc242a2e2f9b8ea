import subprocess
import sys
from pathlib import Path

from tests.support.checkout import ROOT

LINTER = Path(sys.executable).with_name("lint-imports")


def test_imports_keep_the_contracts_of_the_layers() -> None:
    linted = subprocess.run([LINTER, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert linted.returncode == 0, linted.stdout
