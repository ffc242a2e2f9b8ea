"""The source root is called platform/; it must never hide the standard library module of that name."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.checkout import ROOT


def test_importing_platform_in_the_root_gives_the_standard_library() -> None:
    command = [sys.executable, "-c", "import platform; print(platform.__file__)"]

    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    assert Path(found) == Path(sysconfig.get_paths()["stdlib"], "platform.py")


def test_the_source_root_is_not_a_package() -> None:
    assert not (ROOT / "platform/__init__.py").exists()
