"""Packs and layers, for programs: what is installed, plans of changes, and making them exactly as they were shown."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from litestar import delete, get, post
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.intent import Intent
from trellis.places import packs_folder
from trellis.services import packs
from trellis.services.context import Context
from trellis.services.packs import Disabling, Enabling, Installing, PackChange, Uninstalling, require_packs
from trellis.services.packs.archives import MOST_BYTES, unzipped, zipped
from trellis.services.packs.layerfiles import export_layer, from_json, read_files
from trellis.services.packs.listing import PackLine, list_packs, pack_details
from trellis.services.packs.planjson import item_body, pack_plan_body
from trellis.services.studio import drafts
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.bodies import MANY_RECORDS, json_object
from trellis.web.api.parameters import parameters
from trellis.web.api.problems import TooLarge
from trellis.web.http import context_of, in_their_language, site_of, translate_for

ZIP = "application/zip"
MOST_NOTE = 500
_CHANGES: Mapping[str, Callable[[str], PackChange]] = {
    "disable": Disabling,
    "enable": Enabling,
    "uninstall": Uninstalling,
}
_ANSWERS = ("renames", "separate")
_AGREED = ("fingerprint", "consents", "note")


@get("/metadata/packs")
async def list_all(request: Asked) -> ASGIResponse:
    """The packs that are installed, and those that lie in the folder."""
    context = await _asked(request)
    lines = list_packs(context, folder_of(request))
    return json_answer(encode({"items": [_line(line) for line in lines]}))


@get("/metadata/packs/{pack:str}")
async def read_pack(request: Asked) -> ASGIResponse:
    """One pack with its documents and every change of the customer in it."""
    context = await _asked(request)
    found = await pack_details(context, request.path_params["pack"], folder_of(request))
    documents = [{"document": raw["id"], "kind": raw["kind"]} for raw in found.documents]
    changes = [item_body(item) for item in found.items]
    return json_answer(encode({**_line(found.line), "contents": documents, "upgrade": changes}))


@get("/metadata/packs/{pack:str}/plan")
async def plan_change(request: Asked) -> ASGIResponse:
    """What switching a pack off or on, or removing it, would do."""
    context = await context_of(request)
    require_packs(context)
    action = parameters(request.scope["query_string"], ("action",)).get("action", "")
    if action not in _CHANGES:
        text = Message("This must be one of {choices}.", {"choices": ", ".join(_CHANGES)})
        raise Invalid([FieldError("action", "choice", text)])
    return await _plan(request, context, _CHANGES[action](request.path_params["pack"]))


@post("/metadata/packs/plan", status_code=200)
async def plan_install(request: Asked) -> ASGIResponse:
    """What layers that are sent, as a zip file or as documents, would do in the place of those that are there."""
    context = await context_of(request)
    require_packs(context)
    change, _ = await _sent(request, ())
    return await _plan(request, context, change)


@post("/metadata/packs/publish", status_code=201)
async def publish_install(request: Asked) -> ASGIResponse:
    """Put layers that are sent in force, exactly as their plan showed it."""
    context = await context_of(request)
    require_packs(context)
    change, agreed = await _sent(request, _AGREED)
    return await _publish(context, change, agreed)


@post("/metadata/packs/{pack:str}/disable", status_code=201)
async def disable_pack(request: Asked) -> ASGIResponse:
    """Switch a pack off."""
    return await _agreed_change(request, Disabling(request.path_params["pack"]))


@post("/metadata/packs/{pack:str}/enable", status_code=201)
async def enable_pack(request: Asked) -> ASGIResponse:
    """Switch a pack on again."""
    return await _agreed_change(request, Enabling(request.path_params["pack"]))


@delete("/metadata/packs/{pack:str}", status_code=200)
async def uninstall_pack(request: Asked) -> ASGIResponse:
    """Remove a pack with what was changed in it."""
    context = await context_of(request)
    require_packs(context)
    agreed = _of_query(parameters(request.scope["query_string"], _AGREED))
    return await _publish(context, Uninstalling(request.path_params["pack"]), agreed, status=200)


@get("/metadata/layers/{layer:str}")
async def read_layer(request: Asked) -> ASGIResponse:
    """The files of a pack, or of the customer's layer `x`, as a zip file."""
    context = await _asked(request)
    drafts.require_designer(context)
    layer = request.path_params["layer"]
    content = await asyncio.to_thread(zipped, export_layer(context, layer))
    headers = {"content-disposition": f'attachment; filename="{layer}.zip"', "cache-control": "no-store"}
    return ASGIResponse(body=content, media_type=ZIP, headers=headers)


def folder_of(request: Asked) -> Path:
    """The folder of packs that this server has."""
    given = site_of(request).settings.packs
    return Path(given) if given else packs_folder()


async def _asked(request: Asked) -> Context:
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    return in_their_language(request, context)


async def _plan(request: Asked, context: Context, change: PackChange) -> ASGIResponse:
    found = await packs.plan(context, change)
    return json_answer(encode(pack_plan_body(found, translate_for(request, context))))


async def _publish(context: Context, change: PackChange, agreed: Mapping[str, Any], status: int = 201) -> ASGIResponse:
    number = await packs.publish(context, change, agreed["fingerprint"], agreed["consents"], agreed["note"])
    return json_answer(encode({"release": number}), status)


async def _agreed_change(request: Asked, change: PackChange) -> ASGIResponse:
    context = await context_of(request)
    require_packs(context)
    parameters(request.scope["query_string"], ())
    content, _ = await json_object(request)
    _only(content, _AGREED)
    return await _publish(context, change, _checked(content))


async def _sent(request: Asked, further: tuple[str, ...]) -> tuple[Installing, Mapping[str, Any]]:
    """The layers in a request, and what was agreed to: beside the documents, or in the query beside a zip file."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == ZIP:
        given = parameters(request.scope["query_string"], further)
        body = await request.body()
        if len(body) > MOST_BYTES:
            raise TooLarge
        documents = await asyncio.to_thread(lambda: read_files(unzipped(body)))
        return Installing(documents), _of_query(given) if further else {}
    parameters(request.scope["query_string"], ())
    content, _ = await json_object(request, MANY_RECORDS)
    _only(content, ("documents", *_ANSWERS, *further))
    intent = _intent(content)
    agreed = _checked(content) if further else {}
    return Installing(await asyncio.to_thread(from_json, content.get("documents")), intent), agreed


def _of_query(given: Mapping[str, str]) -> dict[str, Any]:
    """What was agreed to, from a query string: consents are separated by commas."""
    consents = [one for one in given.get("consents", "").split(",") if one]
    return _checked({**given, "consents": consents})


def _intent(content: Mapping[str, Any]) -> Intent:
    renames, separate = content.get("renames", {}), content.get("separate", [])
    wrong = []
    if not (isinstance(renames, dict) and all(isinstance(path, str) for path in renames.values())):
        wrong.append(FieldError("renames", "type", Message("This must be a map of texts.")))
    if not (isinstance(separate, list) and all(isinstance(path, str) for path in separate)):
        wrong.append(FieldError("separate", "type", Message("This must be a list of texts.")))
    if wrong:
        raise Invalid(wrong)
    return Intent(renames, frozenset(separate))


def _checked(content: Mapping[str, Any]) -> dict[str, Any]:
    consents, note = content.get("consents", []), content.get("note", "")
    wrong = []
    if not isinstance(content.get("fingerprint"), str):
        wrong.append(FieldError("fingerprint", "type", Message("This must be a text.")))
    if not (isinstance(consents, list) and all(isinstance(one, str) for one in consents)):
        wrong.append(FieldError("consents", "type", Message("This must be a list of texts.")))
    if not isinstance(note, str) or len(note) > MOST_NOTE:
        text = Message("This must be a text of at most {most} characters.", {"most": MOST_NOTE})
        wrong.append(FieldError("note", "type", text))
    if wrong:
        raise Invalid(wrong)
    return {"fingerprint": content["fingerprint"], "consents": consents, "note": note}


def _only(content: Mapping[str, Any], known: tuple[str, ...]) -> None:
    text = Message("There is no such member.")
    if wrong := [FieldError(key, "unknown_member", text) for key in content if key not in known]:
        raise Invalid(wrong)


def _line(line: PackLine) -> dict[str, Any]:
    return {
        "pack": line.id, "label": line.label, "description": line.description, "version": line.version,
        "state": line.state, "documents": line.documents, "changes": line.changes,
        "required_by": list(line.required_by), "newer": line.newer or None,
    }  # fmt: skip
