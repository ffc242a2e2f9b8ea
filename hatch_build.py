"""Puts packs, templates and built assets next to the code in the wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = {
    "metadata": "trellis/shipped/metadata",
    "frontend/templates": "trellis/shipped/templates",
    "frontend/dist": "trellis/shipped/dist",
}


class Shipped(BuildHookInterface[Any]):
    """Adds the folders of `SHIPPED`; an editable install reads them from the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if not Path(self.root, "frontend/dist/manifest.json").is_file():
            raise FileNotFoundError("frontend/dist is not built: run `make assets` first")
        build_data["force_include"].update({str(Path(self.root, source)): target for source, target in SHIPPED.items()})
