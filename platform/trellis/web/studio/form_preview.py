"""A drafted form as people would see it: as a role, with a record, as wide as a phone, in each language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from litestar import Response, get, post

from trellis.engine.expr.problems import ExprError
from trellis.engine.query import Choice, Record
from trellis.kernel.errors import NotFound, TrellisError
from trellis.metadata.documents import Entity, Form
from trellis.metadata.fieldtypes import Reading
from trellis.metadata.snapshot import Snapshot
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.defaults import new_values
from trellis.services.forms import clean_values, read_form
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.formpreview import drafted, preview_state, without_faulty_conditions
from trellis.services.studio.translationedits import languages
from trellis.web.catalogues import LOCALES
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import formats_of, fragment, words
from trellis.web.render.formats import LocaleFormats, formats
from trellis.web.render.forms import InputSection, sections_of, text_of
from trellis.web.render.values import display
from trellis.web.studio.form_page import form_in
from trellis.web.studio.frame import studio_context, studio_page

RECORDS = 25
PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose form, of which record, how wide and in which language."""

    form: str
    role: str = ""
    record: str = ""
    locale: str = ""
    width: str = ""

    @property
    def query(self) -> str:
        """The same as the end of an address."""
        named = {"role": self.role, "record": self.record, "locale": self.locale, "width": self.width}
        return urlencode({name: text for name, text in named.items() if text})

    def url(self, **other: str) -> str:
        """The address of the preview with something else."""
        return f"/studio/forms/{quote(self.form)}/preview?{replace(self, **other).query}"


@dataclass(frozen=True)
class PreviewPage:
    """The form as it would be, and what it can be shown as."""

    asking: Asking
    label: str
    entity: Entity
    sections: tuple[InputSection, ...]
    sound: bool
    roles: tuple[tuple[str, str], ...]
    records: Sequence[Choice]
    languages: tuple[tuple[str, str], ...]
    left_out: int
    """How many findings keep conditions from being evaluated, so that they count as not written."""
    say: Any
    """`_` of the templates in the language of the preview."""
    exists: bool

    @property
    def filling(self) -> "PreviewPage":
        """The inputs ask this of the form that they stand in."""
        return self


@get("/studio/forms/{form:str}/preview", include_in_schema=False)
async def preview_page(request: Asked) -> Response[Any]:
    """The preview with the values of a record, or empty."""
    context = await studio_context(request)
    return await studio_page(request, context, "studio/form_preview.html", await _page(request, context, {}))


@post("/studio/forms/{form:str}/preview", include_in_schema=False, status_code=200)
async def preview_state_of(request: Asked) -> Response[Any]:
    """The preview for what was typed into it; nothing is saved."""
    context = await studio_context(request)
    typed: dict[str, list[str]] = {}
    for key, value in (await request.form()).multi_items():
        if isinstance(value, str) and not key.startswith("_"):
            typed.setdefault(key, []).append(value)
    data = await _page(request, context, typed)
    if request.headers.get("hx-request-type") == "partial":
        return fragment(request, context, "studio/form/preview_fields.html", data)
    return await studio_page(request, context, "studio/form_preview.html", data)


async def _page(request: Asked, context: Context, typed: Mapping[str, list[str]]) -> PreviewPage:
    draft, params = await drafts.load(context), request.query_params
    named = {name: params.get(name, "") for name in ("role", "record", "locale", "width")}
    asking = Asking(request.path_params["form"], **named)
    raw = form_in(draft, asking.form)
    known = languages(draft.merged.raw)
    locale = asking.locale if asking.locale in known else locale_of(request, context)
    asking = replace(asking, locale=asking.locale if asking.locale in known else "")
    snapshot = draft.merged.snapshot.localised(locale)
    entity = snapshot.entities.get(str(raw.get("entity")))
    if entity is None:
        raise NotFound()
    showing = _Showing(context, draft, snapshot, entity, asking, _formats(request, context, locale))
    sections = await showing.sections(typed)
    label = snapshot.forms[asking.form].label if asking.form in snapshot.forms else str(raw.get("label", ""))
    roles = sorted(((key, role.label or key) for key, role in snapshot.roles.items()), key=lambda item: item[1])
    return PreviewPage(
        asking, label or asking.form, entity, sections or (), sections is not None, tuple(roles),
        await _records(context, entity, asking.record), tuple((one, LOCALES.get(one, one)) for one in known),
        showing.left_out, words(locale if locale in LOCALES else locale_of(request, context)),
        bool(asking.record),
    )  # fmt: skip


def _formats(request: Asked, context: Context, locale: str) -> LocaleFormats:
    own = formats_of(request, context)
    return formats(locale, own.zone, context.preferences.currency) if locale in LOCALES else own


async def _records(context: Context, entity: Entity, chosen: str) -> Sequence[Choice]:
    """The newest records, with the one that is shown, of an entity that is published."""
    if entity.id not in context.snapshot.entities or not context.access.allows(entity.id, "read"):
        return ()
    found = await queries.choices(context, entity.id, limit=RECORDS)
    if chosen and all(choice.id != chosen for choice in found):
        try:
            found = [*await queries.choices(context, entity.id, ids=[chosen]), *found]
        except TrellisError:
            return found
    return found


@dataclass(frozen=True)
class _Showing:
    """Evaluates and renders one form of the draft."""

    context: Context
    draft: Draft
    snapshot: Snapshot
    entity: Entity
    asking: Asking
    formats: LocaleFormats

    @property
    def left_out(self) -> int:
        raw = form_in(self.draft, self.asking.form)
        usable = without_faulty_conditions(raw, self.draft.findings(self.asking.form))
        return 0 if usable is raw else sum(one.severity == "error" for one in self.draft.findings(self.asking.form))

    def form(self) -> Form | None:
        """The form with its texts in the language, without conditions that cannot be evaluated."""
        sound = self.snapshot.forms.get(self.asking.form)
        if sound is None:
            return None
        raw = sound.model_dump(by_alias=True, exclude_unset=True)
        return Form.model_validate(without_faulty_conditions(raw, self.draft.findings(self.asking.form)))

    async def sections(self, typed: Mapping[str, list[str]]) -> tuple[InputSection, ...] | None:
        """What people would see; None where the draft is too unsound to tell."""
        form = self.form()
        if form is None:
            return None
        roles = frozenset({self.asking.role}) if self.asking.role in self.snapshot.roles else frozenset()
        preview = drafted(self.context, self.snapshot, roles)
        record = await self._record()
        values = dict(record.values) if record else await self._defaults()
        texts: dict[str, Sequence[str]] = {
            key: text_of(spec, values.get(key), self.formats) for key, spec in self.entity.all_fields.items()
        }
        if typed:
            read = read_form(preview, form, typed, Reading(zone=self.formats.zone))
            values, texts = {**values, **read.values}, {**texts, **read.texts}
            values |= clean_values(preview, self.entity, read.values)
        try:
            state = await preview_state(self.context, preview, form, values, exists=record is not None)
            found = sections_of(
                preview, form, self.entity, state, texts, self._titles(record), (), self.formats,
                exists=record is not None, shown=self._shown(preview, record),
            )  # fmt: skip
        except ExprError:
            return None
        return tuple(
            replace(section, inputs=tuple(replace(one, refreshes=False, may_create=False) for one in section.inputs))
            for section in found
        )

    async def _record(self) -> Record | None:
        if not self.asking.record or self.entity.id not in self.context.snapshot.entities:
            return None
        try:
            return await queries.get_record(self.context, self.entity.id, self.asking.record)
        except TrellisError:
            return None

    async def _defaults(self) -> dict[str, Any]:
        """What a new record begins with, as far as that is published."""
        entity = self.context.snapshot.entities.get(self.entity.id)
        found = await new_values(self.context, entity, {}) if entity else {}
        return {key: value for key, value in found.items() if self.entity.field(key) is not None}

    def _titles(self, record: Record | None) -> dict[str, dict[str, str]]:
        if record is None:
            actor = self.context.actor
            return {"owner": {actor.id: actor.name}}
        titled = {
            key: value for key, value in record.values.items() if isinstance(value, str) and record.labels.get(key)
        }
        return {key: {value: str(record.labels[key])} for key, value in titled.items()}

    def _shown(self, preview: Context, record: Record | None) -> dict[str, str]:
        """The values of fields that can only be read."""
        if record is None:
            return {}
        level = partial(preview.access.level, self.entity.id)
        return {
            key: display(spec, record.values[key], record.labels.get(key), self.formats, level(key))
            for key, spec in self.entity.all_fields.items()
            if key in record.values
        }


HANDLERS: list[Any] = [preview_page, preview_state_of]
