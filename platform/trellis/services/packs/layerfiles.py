"""A layer as files: what an export writes, and what an import reads, the same bytes for the same documents."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trellis.kernel.errors import FieldError, Invalid, InvalidMetadata, NotFound
from trellis.kernel.messages import Message
from trellis.kernel.names import DOCUMENT_ID, PACK_ID
from trellis.metadata.documents import FOLDERS, KINDS
from trellis.metadata.layers.order import CUSTOMER, layer_of
from trellis.metadata.load import PACK_FILE, load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.structure import read
from trellis.services.context import Context

Raw = Mapping[str, Any]


def export_layer(context: Context, layer: str) -> dict[str, str]:
    """The documents of a pack, or of the customer (`x`), as texts by the path of their file; raises NotFound."""
    return layer_files(context.snapshot, layer)


def layer_files(snapshot: Snapshot, layer: str) -> dict[str, str]:
    """The files of a layer of any release; raises NotFound when it has no documents."""
    found = {_path(raw): _text(raw) for key, raw in snapshot.sources.items() if layer_of(key) == layer}
    if not found:
        raise NotFound()
    return dict(sorted(found.items()))


def _path(raw: Raw) -> str:
    layer, _, name = str(raw["id"]).partition(".")
    return f"{layer}/{FOLDERS[raw['kind']]}/{name}.json" if name else f"{layer}/{PACK_FILE}"


def _text(raw: Raw) -> str:
    return json.dumps(raw, ensure_ascii=False, indent=2) + "\n"


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write files below a folder; other files of their layers are removed, so that the folder holds just these."""
    for layer in {path.partition("/")[0] for path in files}:
        for old in (folder / layer).rglob("*.json"):
            if str(old.relative_to(folder)) not in files:
                old.unlink()
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def read_layers(folder: Path) -> tuple[Raw, ...]:
    """The documents of the layers in a folder; raises InvalidMetadata with what is wrong about the files."""
    loaded = load_folder(folder)
    if errors := [finding for finding in loaded.findings if finding.severity == "error"]:
        raise InvalidMetadata(errors)
    return sound(loaded.documents)


def sound(documents: Iterable[Raw]) -> tuple[Raw, ...]:
    """Documents of known kinds and with ids, if the shape of each is right; raises InvalidMetadata and Invalid."""
    given = tuple(documents)
    found = [finding for raw in given for finding in read(raw).findings]
    if errors := [finding for finding in found if finding.severity == "error"]:
        raise InvalidMetadata(errors)
    packs = {raw["id"] for raw in given if raw["kind"] == "pack"}
    if lost := sorted({layer_of(raw["id"]) for raw in given} - packs - {CUSTOMER}):
        text = Message("The pack '{name}' has no pack.json.", {"name": lost[0]})
        raise Invalid([FieldError("documents", "pack_missing", text)])
    if not given:
        raise Invalid([FieldError("documents", "empty", Message("There is no document in it."))])
    return given


def from_json(value: object) -> tuple[Raw, ...]:
    """Documents that came as a list in JSON; raises Invalid and InvalidMetadata."""
    items = value if isinstance(value, list) else []
    if not items or not all(isinstance(raw, dict) and _is_named(raw) for raw in items):
        text = Message("This must be a list of documents, each with its kind and its id.")
        raise Invalid([FieldError("documents", "type", text)])
    if len({raw["id"] for raw in items}) < len(items):
        raise Invalid([FieldError("documents", "duplicate_id", Message("Two documents have the same id."))])
    return sound(items)


def _is_named(raw: Raw) -> bool:
    kind, name = raw.get("kind"), raw.get("id")
    if not (isinstance(kind, str) and isinstance(name, str) and kind in KINDS):
        return False
    return (PACK_ID if kind == "pack" else DOCUMENT_ID).match(name) is not None


def read_files(files: Mapping[str, bytes]) -> tuple[Raw, ...]:
    """The documents in files that came from elsewhere, by their paths, which must be safe; raises InvalidMetadata."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "layers"
        root.mkdir()
        for path, content in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return read_layers(root)
