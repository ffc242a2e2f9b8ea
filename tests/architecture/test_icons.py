"""A document names its icon; the sprite has only the icons of `frontend/src/icons.json`."""

import json
import re

from tests.support.checkout import ROOT, name_of, tracked_files

SPRITE = set(json.loads((ROOT / "frontend/src/icons.json").read_text()))
NAMED = re.compile(r'"icon":\s*"([^"]*)"')


def test_every_icon_of_a_pack_is_in_the_sprite() -> None:
    named = {
        (name_of(path), icon) for path in tracked_files("metadata/*.json") for icon in NAMED.findall(path.read_text())
    }

    assert named
    assert {(file, icon) for file, icon in named if icon not in SPRITE and "/schema/" not in file} == set()


def test_the_list_of_icons_is_sorted_and_names_each_once() -> None:
    listed = json.loads((ROOT / "frontend/src/icons.json").read_text())

    assert listed == sorted(set(listed))
