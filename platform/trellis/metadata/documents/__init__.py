"""The kinds of documents, one class each."""

from trellis.metadata.documents.base import Document, in_order
from trellis.metadata.documents.entity import Entity
from trellis.metadata.documents.extension import Extension
from trellis.metadata.documents.form import Form
from trellis.metadata.documents.navigation import Navigation
from trellis.metadata.documents.optionset import OptionSet
from trellis.metadata.documents.pack import Pack
from trellis.metadata.documents.role import Level, Role
from trellis.metadata.documents.seed import Seed
from trellis.metadata.documents.sharing import Sharing
from trellis.metadata.documents.translation import Translation
from trellis.metadata.documents.view import View

KINDS: dict[str, type[Document]] = {
    "pack": Pack, "optionset": OptionSet, "entity": Entity, "form": Form, "view": View, "role": Role,
    "navigation": Navigation, "seed": Seed, "sharing": Sharing, "translation": Translation, "extension": Extension,
}  # fmt: skip

FOLDERS: dict[str, str] = {
    "optionset": "optionsets", "entity": "entities", "form": "forms", "view": "views", "role": "roles",
    "navigation": "navigation", "seed": "seeds", "sharing": "sharing", "translation": "translations", "extension": "extensions",
}  # fmt: skip

__all__ = [
    "FOLDERS", "KINDS", "Document", "Entity", "Extension", "Form", "Level", "Navigation", "OptionSet", "Pack", "Role", "Seed",
    "Sharing",
    "Translation", "View", "in_order",
]  # fmt: skip
