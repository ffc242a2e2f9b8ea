"""Everything that the form designer shows, put together from the draft."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.pointers import parts_of, pointer, with_texts
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.services.studio.formedits import field_sections
from trellis.services.studio.newfields import NewField
from trellis.services.studio.translationedits import default_language, languages, words
from trellis.web.catalogues import LOCALES
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import formats_of
from trellis.web.studio.form_adding import Adding, adding_of
from trellis.web.studio.form_examples import Example, examples
from trellis.web.studio.form_operations import Desk, chosen
from trellis.web.studio.form_palette import Palette, palette_of
from trellis.web.studio.form_panel import Condition, Text, conditions_of, element, sort_of
from trellis.web.studio.form_pieces import Canvas, Drawing, Piece
from trellis.web.studio.onedocument import Standing, of_kind, standing_of

Raw = Mapping[str, Any]
Named = tuple[tuple[str, str], ...]

HINTED = frozenset({"item", "section", "related"})
CONDITIONAL = {"item": ("visible", "required", "readonly"), "section": ("visible",), "related": ("visible",)}


@dataclass(frozen=True)
class Notice:
    """Why something was not done; `again` is the operation to try once more."""

    text: Message
    more: tuple[Message, ...] = ()
    again: str = ""


@dataclass(frozen=True)
class Panel:
    """The properties of what is chosen."""

    sort: str
    path: str
    raw: Raw
    piece: Piece | None
    labels: tuple[Text, ...]
    hints: tuple[Text, ...]
    conditions: tuple[Condition, ...]
    sections: Named = ()
    items: Named = ()
    relations: Named = ()
    columns: Named = ()
    facts: Named = ()
    roles: Named = ()
    own: bool = True
    """Whether it is the customer's as a whole, so that even what packs lock can be changed."""
    resettable: bool = False


@dataclass(frozen=True)
class DesignerPage:
    """The designer with the form, the palette and the panel."""

    id: str
    label: str
    head: Standing
    at: str
    entity: str
    entity_label: str
    canvas: Canvas
    palette: Palette
    panel: Panel
    adding: Adding | None
    findings: tuple[Finding, ...]
    said: str = ""
    notice: Notice | None = None
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What is asked for: the chosen element, a new field in the making, what was said and what was typed."""

    at: str = ""
    adding: NewField | None = None
    place: tuple[str, str] = ("", "")
    errors: Mapping[str, Message] = field(default_factory=dict)
    said: str = ""
    notice: Notice | None = None
    typed: Mapping[str, Any] = field(default_factory=dict)
    typed_texts: Mapping[str, str] = field(default_factory=dict)


def form_in(draft: Draft, form_id: str) -> Raw:
    """The form as drafted; raises NotFound where there is none of that id."""
    return of_kind(draft, form_id, "form")


def desk_of(request: Asked, context: Context, draft: Draft, form_id: str) -> Desk:
    """What operations on the form work on."""
    locale = locale_of(request, context)
    snapshot = draft.merged.snapshot.localised(locale)
    return Desk(form_in(draft, form_id), draft.below(form_id), snapshot, formats_of(request, context).words)


def designer_of(request: Asked, context: Context, draft: Draft, form_id: str, shown: Shown) -> DesignerPage:
    """The whole designer for a form of the draft."""
    desk = desk_of(request, context, draft, form_id)
    form, here = desk.form, chosen(desk.form, shown.at)
    drawing = _drawing(desk, draft, locale_of(request, context), here)
    canvas, entity = drawing.canvas(), desk.entity
    palette = palette_of(form, desk.below, entity, desk.snapshot, desk.words, here)
    place = shown.place if any(shown.place) else (palette.into, palette.before or "")
    return DesignerPage(
        id=form_id,
        label=str(drawing.form.get("label") or form_id),
        head=standing_of(draft, form_id),
        at=here,
        entity=str(form.get("entity")),
        entity_label=entity.label if entity else str(form.get("entity")),
        canvas=canvas,
        palette=palette,
        panel=_Panels(desk, draft, drawing, canvas).panel(here, shown),
        adding=adding_of(shown.adding, place, entity, desk.snapshot, shown.errors) if shown.adding else None,
        findings=_of_the_form(drawing, canvas),
        said=shown.said,
        notice=shown.notice,
        examples=examples(entity, desk.words) if entity else (),
    )


def _drawing(desk: Desk, draft: Draft, locale: str, here: str) -> Drawing:
    known, form_id = words(draft.merged.raw, locale), str(desk.form["id"])
    texts = {place: text for place, text in {**known.packs, **known.own}.items() if place.startswith(form_id + "#")}
    form = with_texts({form_id: desk.form}, texts)[form_id] if texts else desk.form
    findings = draft.findings(form_id)
    return Drawing(desk.form, form, desk.below, desk.entity, desk.snapshot, desk.words, findings, here)


def _of_the_form(drawing: Drawing, canvas: Canvas) -> tuple[Finding, ...]:
    """What is found about the form that no piece shows."""
    told = {id(found) for piece in canvas.every() for found in piece.findings}
    return tuple(found for found in drawing.findings if id(found) not in told)


@dataclass(frozen=True)
class _Panels:
    """Makes the panel of an element."""

    desk: Desk
    draft: Draft
    drawing: Drawing
    canvas: Canvas

    def panel(self, path: str, shown: Shown) -> Panel:
        form = self.desk.form
        sort, raw = sort_of(form, path), {**element(form, path), **_kept(shown.typed)}
        piece = next((piece for piece in self.canvas.every() if piece.path == path), None)
        own = self.desk.below is None or (piece is not None and not _stood_before(self.desk.below, path))
        return Panel(
            sort, path, raw, piece,
            labels=self._texts(path, "label", raw, shown, self._default_label(path, sort)) if sort != "fact" else (),
            hints=self._texts(path, "hint", raw, shown, "") if sort in HINTED else (),
            conditions=conditions_of(raw, CONDITIONAL.get(sort, ())),
            sections=self._sections(path) if sort == "item" else (),
            items=self._items(raw) if sort == "item" else (),
            relations=self._relations(raw) if sort == "related" else (),
            columns=self._columns(raw) if sort == "related" else (),
            facts=self._facts() if sort == "form" else (),
            roles=self._roles() if sort == "form" else (),
            own=own,
            resettable=not own and (bool(piece.origin) if piece else form != self.desk.below),
        )  # fmt: skip

    def _texts(self, path: str, member: str, raw: Raw, shown: Shown, fallback: str) -> tuple[Text, ...]:
        documents = self.draft.merged.raw
        first, *others = languages(documents)
        assert first == default_language(documents)
        place = f"{self.desk.form['id']}#{path}/{member}"
        found = [Text(member, first, LOCALES.get(first, first), str(raw.get(member) or ""), fallback)]
        for locale in others:
            name = f"{member}@{locale}"
            text = shown.typed_texts.get(name, words(documents, locale).text(place))
            shown_else = found[0].value or (self._caption(path, locale) if member == "label" else "")
            found.append(Text(name, locale, LOCALES.get(locale, locale), text, shown_else))
        return tuple(found)

    def _default_label(self, path: str, sort: str) -> str:
        return self._caption(path, default_language(self.draft.merged.raw)) if sort in ("item", "column") else ""

    def _caption(self, path: str, locale: str) -> str:
        """The name of the field itself in a language, which holds where the form has none."""
        if not path:
            return ""
        snapshot = self.draft.merged.snapshot.localised(locale)
        desk = Desk(self.desk.form, None, snapshot, self.desk.words)
        *parents, key = parts_of(path)
        if parents[-1] not in ("items", "columns"):
            return ""
        bare = {**self.desk.form, "sections": _without_label(self.desk.form["sections"], parents, key)}
        return desk.name(bare, path)

    def _sections(self, path: str) -> Named:
        here = path.split("/")[2]
        sections = self.drawing.form["sections"]
        names = (name for name in field_sections(self.desk.form) if name != here)
        return tuple((pointer(("sections", name, "items")), sections[name].get("label") or name) for name in names)

    def _items(self, raw: Raw) -> Named:
        """The other fields of the form, those that are drawn anew first."""
        inner = [piece for section in self.canvas.sections for piece in section.children if piece.sort == "item"]
        chosen = raw.get("refresh", ())
        return tuple((piece.key, piece.label) for piece in sorted(inner, key=lambda piece: piece.key not in chosen))

    def _relations(self, raw: Raw) -> Named:
        known = self.desk.snapshot.relations.get(str(self.desk.form.get("entity")), ())
        found = {relation.id: f"{relation.label} ({relation.id})" for relation in known}
        return tuple({str(raw.get("relation")): str(raw.get("relation")), **found}.items())

    def _columns(self, raw: Raw) -> Named:
        """What a related list can show besides."""
        other = self.desk.snapshot.entities.get(str(raw.get("relation", "")).rpartition(".")[0])
        shown = raw.get("columns")
        used = set(shown) if isinstance(shown, Mapping) else set()
        return _captions(other, used, self.desk) if other else ()

    def _facts(self) -> Named:
        entity = self.desk.entity
        used = set(self.desk.form.get("header", {}).get("facts", ()))
        return _captions(entity, used, self.desk) if entity else ()

    def _roles(self) -> Named:
        roles = self.desk.snapshot.roles
        return tuple(sorted(((key, role.label or key) for key, role in roles.items()), key=lambda item: item[1]))


def _captions(entity: Entity, used: set[str], desk: Desk) -> Named:
    return tuple(
        (key, desk.words(spec.caption))
        for key, spec in entity.all_fields.items()
        if key not in used and key not in ("id", "deleted_at", "version") and not getattr(spec, "hidden", False)
    )


def _kept(typed: Raw) -> Raw:
    return {name: value for name, value in typed.items() if value is not None}


def _stood_before(below: Raw, path: str) -> bool:
    return bool(element(below, path)) or path.startswith("/header/facts")


def _without_label(sections: Raw, parents: list[str], key: str) -> Raw:
    _, section, collection = parents
    members = sections[section][collection]
    bare = {name: value for name, value in members[key].items() if name != "label"}
    return {**sections, section: {**sections[section], collection: {**members, key: bare}}}
