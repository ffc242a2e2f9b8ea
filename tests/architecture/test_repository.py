"""What may be committed: our own sources, that name no machine and no package registry, in files of a readable size."""

import re

from tests.support.checkout import ROOT, name_of, tracked_files

HOSTS = ("registry.npmjs" + ".org", "pypi" + ".org", "pythonhosted" + ".org", "npmmirror" + ".com", "yarnpkg" + ".com")
MACHINE_PATHS = r"(?<![\w./:-])/(?:root|home/\w+|Users/\w+|work|workspace|mnt)/[\w.]"
BINARY = {".png", ".jpg", ".woff2", ".xlsx", ".xls", ".gz", ".zip", ".ico"}
LONGEST = 400
LONGER_WITH_REASON: dict[str, str] = {}


def test_no_file_names_a_package_registry() -> None:
    pattern = re.compile("|".join(re.escape(host) for host in HOSTS))

    assert _lines_matching(pattern) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert _lines_matching(re.compile(MACHINE_PATHS)) == []


def test_locks_record_hashes_and_no_addresses() -> None:
    npm = (ROOT / "frontend/package-lock.json").read_text()
    python = [(path, path.read_text()) for path in tracked_files("requirements/*.txt")]

    assert '"resolved"' not in npm
    assert '"integrity"' in npm
    assert [name_of(path) for path, text in python if "://" in text or "--hash=sha256:" not in text] == []


def test_third_party_code_and_built_files_are_not_committed() -> None:
    patterns = ("*.min.js", "*.min.css", "*/node_modules/*", "*/vendor/*", "frontend/dist/*", "*.whl", "*.pyc")

    assert tracked_files(*patterns) == []


def test_source_files_stay_readable_in_one_sitting() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in tracked_files("platform/*.py")}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST and name not in LONGER_WITH_REASON} == {}


def _lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line[:120]}"
        for path in tracked_files()
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
