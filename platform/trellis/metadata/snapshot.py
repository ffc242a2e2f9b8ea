"""The published documents of a workspace as one immutable value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from trellis.kernel.errors import NotFound
from trellis.kernel.messages import Message
from trellis.metadata.documents import (
    KINDS,
    Document,
    Entity,
    Form,
    Navigation,
    OptionSet,
    Pack,
    Role,
    Seed,
    Translation,
    View,
)
from trellis.metadata.fieldtypes import FieldType, FieldTypes, fieldtypes
from trellis.metadata.fingerprints import digest
from trellis.metadata.layers.compose import Composition, compose
from trellis.metadata.layers.offered import offered
from trellis.metadata.layers.translated import texts_in
from trellis.metadata.pointers import with_texts
from trellis.metadata.systemfields import system_fields

Raw = Mapping[str, Any]
Kind = TypeVar("Kind", bound=Document)


@dataclass(frozen=True, slots=True)
class Relation:
    """Records of `entity` that point to a record through their lookup `field`."""

    entity: str
    field: str
    label: str

    @property
    def id(self) -> str:
        """As documents write it: `sales.contact.account`."""
        return f"{self.entity}.{self.field}"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All documents of one release, indexed; build it with `Snapshot.of`.

    `sources` are the documents of all layers as they are stored; `raw` holds the effective ones that come out of them.
    """

    release: int
    raw: Mapping[str, Raw]
    documents: Mapping[str, Document]
    composition: Composition = field(repr=False)
    types: FieldTypes = field(default=fieldtypes, repr=False)
    derived: dict[Any, Any] = field(default_factory=dict, repr=False)
    """What others have computed from this release; it lives as long as the release does."""
    _localised: dict[str, "Snapshot"] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        release: int,
        sources: Iterable[Raw],
        types: FieldTypes = fieldtypes,
        previous: "Snapshot | None" = None,
    ) -> "Snapshot":
        """The snapshot of checked documents of all layers; ids are unique.

        What `previous` has made of the very same document objects is taken over.
        """
        composition = compose(sources, types)
        return cls.of_composed(release, composition.effective, composition, types, previous)

    @classmethod
    def of_composed(
        cls,
        release: int,
        raw: Mapping[str, Raw],
        composition: Composition,
        types: FieldTypes = fieldtypes,
        previous: "Snapshot | None" = None,
    ) -> "Snapshot":
        """The snapshot of effective documents, or of what is sound of them."""
        known = _reusable(previous, raw) if previous is not None and previous.types is types else {}
        parsed = {key: known.get(key) or _parsed(document, types) for key, document in raw.items()}
        return cls(release, raw, _bound(parsed, composition, known), composition, types)

    @property
    def sources(self) -> Mapping[str, Raw]:
        """The documents of all layers as they are stored, extensions too, by id."""
        return self.composition.sources

    @cached_property
    def hash(self) -> str:
        """A fingerprint of all source documents, independent of their order."""
        return digest({key: self.sources[key] for key in sorted(self.sources)})

    @cached_property
    def document_hashes(self) -> Mapping[str, str]:
        """A fingerprint of each effective document: what a form was drawn from."""
        return {key: digest(document) for key, document in self.raw.items()}

    def of_kind(self, kind: type[Kind]) -> Mapping[str, Kind]:
        """All documents of a class by id."""
        return {key: document for key, document in self.documents.items() if isinstance(document, kind)}

    @cached_property
    def packs(self) -> Mapping[str, Pack]:
        return self.of_kind(Pack)

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        return self.of_kind(Entity)

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        return self.of_kind(Form)

    @cached_property
    def views(self) -> Mapping[str, View]:
        return dict(sorted(self.of_kind(View).items(), key=lambda item: (item[1].order, item[0])))

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        return self.of_kind(Role)

    @cached_property
    def navigations(self) -> Mapping[str, Navigation]:
        return dict(sorted(self.of_kind(Navigation).items(), key=lambda item: (item[1].order, item[0])))

    @cached_property
    def seeds(self) -> Mapping[str, Seed]:
        return self.of_kind(Seed)

    @cached_property
    def locales(self) -> tuple[str, ...]:
        """The languages of the packs and those that the customer added, the default one first."""
        packs = [locale for pack in self.packs.values() for locale in pack.locales]
        return tuple(dict.fromkeys([*packs, *(item.locale for item in self.of_kind(Translation).values())]))

    def entity(self, entity_id: str) -> Entity:
        """The entity of an id; raises NotFound."""
        found = self.entities.get(entity_id)
        if found is None:
            raise NotFound(Message("There is no entity “{entity}”.", {"entity": entity_id[:80]}))
        return found

    def field_at(self, entity_id: str, path: str) -> FieldType | None:
        """The field that a dotted path over lookups leads to, if it exists."""
        entity = self.entities.get(entity_id)
        *hops, last = path.split(".")
        for hop in hops:
            link = entity.field(hop) if entity else None
            entity = self.entities.get(link.target or "") if link and not link.multiple else None
        return entity.field(last) if entity else None

    def views_of(self, entity_id: str) -> tuple[View, ...]:
        """The views of an entity in their order."""
        return tuple(view for view in self.views.values() if view.entity == entity_id)

    def form_for(self, entity_id: str, use: str, roles: Iterable[str] = ()) -> Form | None:
        """The form for a use: those for one of the roles before those for everyone, then by priority."""
        held = set(roles)
        fitting = [
            form
            for form in self.forms.values()
            if form.entity == entity_id
            and use in form.use
            and (not form.audience.roles or held & set(form.audience.roles))
        ]
        return max(fitting, key=lambda form: (bool(form.audience.roles), form.audience.priority, form.id), default=None)

    @cached_property
    def relations(self) -> Mapping[str, tuple[Relation, ...]]:
        """For each entity the lookups of other entities that point to it."""
        found: dict[str, list[Relation]] = {key: [] for key in self.entities}
        for entity in self.entities.values():
            for link in entity.fields.values():
                if link.target in found and link.type != "file":
                    inverse = getattr(link, "inverse", None)
                    found[link.target].append(
                        Relation(entity.id, link.key, inverse.label if inverse else entity.plural)
                    )
        return {key: tuple(relations) for key, relations in found.items()}

    def localised(self, locale: str) -> "Snapshot":
        """The same release with all texts in a language, where there is a translation."""
        if locale not in self._localised:
            documents = [each for each in self.of_kind(Translation).values() if each.locale == locale]
            texts = texts_in(documents, self.composition)
            self._localised[locale] = self._with(texts) if texts else self
        return self._localised[locale]

    def _with(self, texts: Mapping[str, str]) -> "Snapshot":
        raw = with_texts(self.raw, texts)
        parsed = {
            key: self.documents[key]
            if raw[key] is self.raw[key] and not isinstance(self.documents[key], Entity)
            else _parsed(raw[key], self.types)
            for key in raw
        }
        return Snapshot(self.release, self.raw, _bound(parsed, self.composition), self.composition, self.types)


def _parsed(raw: Raw, types: FieldTypes) -> Document:
    plain = {key: value for key, value in raw.items() if key != "$schema"}
    return KINDS[plain["kind"]].model_validate(plain, context={"fieldtypes": types})


def _reusable(previous: Snapshot, raw: Mapping[str, Raw]) -> Mapping[str, Document]:
    """The finished documents of another snapshot that are made of the same objects and depend on nothing that changed."""
    same = {key for key, document in raw.items() if previous.raw.get(key) is document}
    lists = {key for key, kept in previous.raw.items() if kept["kind"] == "optionset" and key not in same}
    lists |= {key for key, kept in raw.items() if kept["kind"] == "optionset" and key not in same}
    hides = bool(previous.composition.left_out) or any(
        field.hidden for entity in previous.entities.values() for field in entity.fields.values()
    )
    return {key: found for key in same if _is_reusable(found := previous.documents[key], lists, hides)}


def _is_reusable(document: Document, lists: set[str], hides: bool) -> bool:
    if isinstance(document, Entity):
        return not any(getattr(field, "optionset", None) in lists for field in document.fields.values())
    return not (hides and isinstance(document, Form | View | Navigation | Role))


_NONE: Mapping[str, Document] = {}


def _bound(
    parsed: Mapping[str, Document], composition: Composition, known: Mapping[str, Document] = _NONE
) -> Mapping[str, Document]:
    optionsets = {key: document for key, document in parsed.items() if isinstance(document, OptionSet)}
    bound = {
        key: document.bound(optionsets, system_fields(document.traits))
        if isinstance(document, Entity) and key not in known
        else document
        for key, document in parsed.items()
    }
    return offered(bound, composition.left_out)
