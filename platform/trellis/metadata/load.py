"""From folders of JSON files to raw documents, with everything that is wrong about the files themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.kernel.names import DOCUMENT_ID, PACK_ID, nearest
from trellis.metadata.documents import FOLDERS, KINDS
from trellis.metadata.layers.order import CUSTOMER, in_pack_order
from trellis.metadata.strictjson import parse

Raw = Mapping[str, Any]

PACK_FILE = "pack.json"
IGNORED_FOLDERS = frozenset({"schema", "specs"})
_KIND_OF_FOLDER = {folder: kind for kind, folder in FOLDERS.items()}
_NEAR_JSON = frozenset({".json5", ".jsonc", ".yaml", ".yml", ".toml", ".js"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """Raw documents in the order of their packs, where each came from, and what is wrong with the files.

    `lost` holds the ids that files seem to define but that could not be read: references to them are not dangling.
    """

    documents: tuple[Raw, ...] = ()
    findings: tuple[Finding, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    @property
    def packs(self) -> tuple[str, ...]:
        """The ids of the packs, those that others require first."""
        return tuple(raw["id"] for raw in self.documents if raw["kind"] == "pack")


def load_folder(path: Path) -> Loaded:
    """All packs below a folder, or the one pack that it is; nothing is raised, every defect is a finding."""
    if not path.is_dir():
        return Loaded(findings=(_finding("folder_missing", "", "There is no folder '{name}'.", name=path.name),))
    reading = _Reading(path)
    for folder in [path] if _is_layer(path) else _folders(path):
        reading.pack(folder)
    if path not in reading.packs:
        reading.strays(path)
    return reading.loaded()


def _is_layer(path: Path) -> bool:
    """Whether a folder is one pack, or what the customer made, which needs no pack.json."""
    return (path / PACK_FILE).is_file() or path.name == CUSTOMER


class _Reading:
    """Collects documents and findings while files are read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packs: list[Path] = []
        self.documents: dict[str, Raw] = {}
        self.files: dict[str, str] = {}
        self.findings: list[Finding] = []
        self.lost: set[str] = set()

    def loaded(self) -> Loaded:
        ordered = in_pack_order(self.documents.values())
        lost = frozenset(self.lost - self.documents.keys())
        return Loaded(ordered, tuple(self.findings), dict(self.files), lost)

    def report(
        self, code: str, file: str, text: str, *, pointer: str = "", hint: Message | None = None, **params: object
    ) -> None:
        self.findings.append(_finding(code, file, text, pointer=pointer, hint=hint, **params))

    def pack(self, folder: Path) -> None:
        """Reads `pack.json` and the documents beside it."""
        self.packs.append(folder)
        manifest = folder / PACK_FILE
        namespace = folder.name
        if manifest.is_file():
            namespace = self._manifest(manifest, namespace)
        elif namespace != CUSTOMER:
            self.lost.add(namespace)
            self.report("pack_missing", self._name(manifest), "The pack '{name}' has no pack.json.", name=namespace)
        for part in _folders(folder):
            self._folder(part, namespace)
        self.strays(folder)

    def strays(self, folder: Path) -> None:
        """Documents that lie where none belongs."""
        for file in sorted(folder.glob("*.json")):
            if file.name != PACK_FILE:
                hint = Message("Move it into a folder such as entities/.")
                self.report(
                    "misplaced_file", self._name(file), "A document stands in the folder of its kind.", hint=hint
                )

    def _manifest(self, file: Path, folder: str) -> str:
        raw = self._read(file, "pack", folder)
        if raw is None:
            self.lost.add(folder)
            return folder
        if raw["kind"] != "pack":
            self.report(
                "misplaced_file",
                self._name(file),
                "pack.json holds the manifest of the pack, not a document of kind '{kind}'.",
                pointer="/kind",
                kind=raw["kind"],
            )
            self.lost.add(folder)
            return folder
        self._keep(raw, file)
        if self.root != file.parent and raw["id"] != folder:
            hint = Message("Write '{folder}', or rename the folder.", {"folder": folder})
            template = "The pack '{id}' stands in the folder '{folder}'."
            self.report(
                "pack_folder", self._name(file), template, pointer="/id", hint=hint, id=raw["id"], folder=folder
            )
            self.lost.add(folder)
            return folder
        return str(raw["id"])

    def _folder(self, folder: Path, namespace: str) -> None:
        kind = _KIND_OF_FOLDER.get(folder.name)
        if folder.name in IGNORED_FOLDERS:
            return
        if kind is None:
            near = nearest(folder.name, _KIND_OF_FOLDER)
            hint = Message("Did you mean '{name}'?", {"name": near}) if near else None
            self.report(
                "folder_unknown",
                self._name(folder),
                "No kind of document stands in '{name}'.",
                hint=hint,
                name=folder.name,
            )
            return
        for file in _files(folder):
            if file.suffix == ".json":
                self._document(file, kind, namespace)
            elif file.suffix.lower() in {*_NEAR_JSON, ".json"}:
                self.report("not_json", self._name(file), "Only files that end in .json are read.")

    def _document(self, file: Path, kind: str, namespace: str) -> None:
        guess = f"{namespace}.{file.stem}"
        raw = self._read(file, kind, guess)
        if raw is None:
            self.lost.add(guess)
            return
        self._check_place(raw, file, kind, namespace)
        self._keep(raw, file)

    def _check_place(self, raw: Raw, file: Path, kind: str, namespace: str) -> None:
        if raw["kind"] != kind:
            folder = FOLDERS.get(raw["kind"], "")
            place = f"{folder}/{file.name}" if folder else PACK_FILE
            hint = Message("Move it to {place}, or is it of kind '{kind}'?", {"place": place, "kind": kind})
            template = "A document of kind '{found}' stands in '{folder}'."
            self.report(
                "misplaced_file",
                self._name(file),
                template,
                pointer="/kind",
                hint=hint,
                found=raw["kind"],
                folder=FOLDERS[kind],
            )
        elif raw["id"].partition(".")[0] != namespace:
            name = raw["id"].partition(".")[2]
            self.lost.add(f"{namespace}.{name}")
            hint = Message("Name it '{id}'.", {"id": f"{namespace}.{name}"})
            template = "The id '{id}' does not begin with the pack '{pack}'."
            self.report(
                "id_namespace", self._name(file), template, pointer="/id", hint=hint, id=raw["id"], pack=namespace
            )

    def _keep(self, raw: Raw, file: Path) -> None:
        first = self.files.get(raw["id"])
        if first is None:
            self.documents[raw["id"]] = raw
            self.files[raw["id"]] = self._name(file)
        else:
            template = "The id '{id}' is already taken by {first}."
            self.report("duplicate_id", self._name(file), template, pointer="/id", id=raw["id"], first=first)

    def _read(self, file: Path, kind: str, guess: str) -> Raw | None:
        """The document of a file when it has a kind and an id that can be used."""
        name = self._name(file)
        try:
            parsed = parse(file.read_bytes())
        except OSError as error:
            self.report(
                "unreadable", name, "The file cannot be read: {reason}.", reason=error.strerror or "unknown reason"
            )
            return None
        self.findings += [
            Finding(problem.code, problem.message, guess, problem.pointer, problem.hint, name)
            for problem in parsed.problems
        ]
        if not parsed.readable:
            return None
        if not isinstance(parsed.value, dict):
            self.report("not_an_object", name, "A document is an object in curly brackets.")
            return None
        return parsed.value if self._has_envelope(parsed.value, name, kind, guess) else None

    def _has_envelope(self, raw: Raw, file: str, kind: str, guess: str) -> bool:
        return all([self._has_kind(raw, file, kind), self._has_id(raw, file, guess)])

    def _has_kind(self, raw: Raw, file: str, kind: str) -> bool:
        found = raw.get("kind")
        if isinstance(found, str) and found in KINDS:
            return True
        if "kind" not in raw:
            hint = Message('Add "kind": "{kind}".', {"kind": kind})
            self.report("missing_member", file, "'{member}' is missing.", hint=hint, member="kind")
            return False
        near = nearest(str(found), KINDS) or kind
        hint = Message("Did you mean '{name}'?", {"name": near})
        self.report(
            "kind_unknown", file, "There is no kind '{kind}'.", pointer="/kind", hint=hint, kind=str(found)[:60]
        )
        return False

    def _has_id(self, raw: Raw, file: str, guess: str) -> bool:
        found = raw.get("id")
        if "id" not in raw:
            hint = Message('Add "id": "{id}".', {"id": guess})
            self.report("missing_member", file, "'{member}' is missing.", hint=hint, member="id")
            return False
        pattern = PACK_ID if raw.get("kind") == "pack" else DOCUMENT_ID
        if isinstance(found, str) and pattern.match(found):
            return True
        hint = Message("Write it like '{id}'.", {"id": guess})
        template = "'{id}' is not an id: lower-case letters, digits and underscores, as <pack>.<name>."
        self.report("id_shape", file, template, pointer="/id", hint=hint, id=str(found)[:100])
        return False

    def _name(self, file: Path) -> str:
        return str(PurePosixPath(file.relative_to(self.root)))


def _folders(path: Path) -> list[Path]:
    return sorted(
        child
        for child in path.iterdir()
        if child.is_dir() and child.name[0] not in "._" and child.name not in IGNORED_FOLDERS
    )


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))


def _finding(
    code: str, file: str, text: str, *, pointer: str = "", hint: Message | None = None, **params: object
) -> Finding:
    return Finding(code, Message(text, params), pointer=pointer, hint=hint, file=file)
