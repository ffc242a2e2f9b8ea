"""Up to 1,000 operations on one entity in one request, all or nothing or one by one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from litestar import post
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import FieldError, Invalid, Warned
from trellis.kernel.messages import Message, Translate
from trellis.services import records
from trellis.services.commands import Command, Create, Delete, Outcome, Restore, Update
from trellis.services.idempotency import Reply
from trellis.services.records import Also
from trellis.web.api.answers import Asked, encode
from trellis.web.api.bodies import MANY_RECORDS, json_object
from trellis.web.api.idempotency import once
from trellis.web.api.parameters import cautious
from trellis.web.api.problems import entries, in_body, problem_of
from trellis.web.http import context_of, translate_for

MAX_OPERATIONS = 1_000
_STATUS = {"create": 201, "update": 200, "delete": 204, "restore": 200}
_MEMBERS = {
    "create": {"op", "values", "id"}, "update": {"op", "id", "values", "version"}, "delete": {"op", "id", "version"},
    "restore": {"op", "id"},
}  # fmt: skip


@post("/records/{entity:str}/batch", status_code=200, request_max_body_size=MANY_RECORDS)
async def run_batch(request: Asked) -> ASGIResponse:
    """Carry out operations; with `atomic` (the default) the first failure undoes all."""
    context = await context_of(request)
    stops = cautious(request.scope["query_string"])
    content, body = await json_object(request, MANY_RECORDS)
    commands, atomic = commands_of(content)
    entity = request.path_params["entity"]

    async def write(also: Also | None) -> list[Outcome]:
        try:
            return await records.write(context, entity, commands, atomic=atomic, also=also, cautious=stops)
        except Invalid as error:
            raise Invalid(_at_operations(error.errors, len(commands)), error.message) from None
        except Warned as error:
            raise Warned(_at_operations(error.warnings, len(commands)), error.message) from None

    async def respond(outcomes: Sequence[Outcome]) -> Reply:
        results = [_result(outcome, translate_for(request, context)) for outcome in outcomes]
        failed = any(outcome.error for outcome in outcomes)
        return Reply(207 if failed else 200, {"cache-control": "no-store"}, encode({"results": results}).decode())

    return await once(request, context, body, write, respond)


def _at_operations(errors: Sequence[FieldError], count: int) -> list[FieldError]:
    """The same errors where they stand in the body; the write path counts commands only when there are several."""
    found = []
    for item in errors:
        number, _, field = item.path.partition("/") if count > 1 else ("0", "", item.path)
        found.append(replace(item, path=f"operations/{number}/values/{field}".rstrip("/")))
    return found


def _result(outcome: Outcome, translate: Translate) -> dict[str, Any]:
    op = outcome.action.value
    if outcome.error is not None:
        body = problem_of(outcome.error, translate, place=in_body)
        return {"op": op, "id": outcome.id or None, "status": body["status"], "problem": body}
    done = {"op": op, "id": outcome.id, "status": _STATUS[op], "version": outcome.version, "changed": outcome.changed}
    return done | ({"warnings": entries(outcome.warnings, translate)} if outcome.warnings else {})


def commands_of(content: dict[str, Any]) -> tuple[list[Command], bool]:
    """The commands in a body and whether they are atomic; raises Invalid with all that is malformed."""
    errors = [_unexpected(name) for name in content.keys() - {"operations", "atomic"}]
    operations, atomic = content.get("operations"), content.get("atomic", True)
    if not isinstance(atomic, bool):
        errors.append(FieldError("atomic", "boolean", Message("This must be true or false.")))
    if not isinstance(operations, list) or not 1 <= len(operations) <= MAX_OPERATIONS:
        sentence = Message("This must be a list of 1 to {limit} operations.", {"limit": MAX_OPERATIONS})
        raise Invalid([*errors, FieldError("operations", "list", sentence)])
    commands: list[Command] = []
    for number, operation in enumerate(operations):
        found = _errors_in(operation)
        errors += [FieldError(f"operations/{number}{error.path}", error.code, error.message) for error in found]
        if not found:
            commands.append(_command(operation))
    if errors:
        raise Invalid(errors)
    return commands, atomic


def _errors_in(operation: Any) -> list[FieldError]:
    if not isinstance(operation, dict) or operation.get("op") not in _MEMBERS:
        sentence = Message("An operation has an op: create, update, delete or restore.")
        return [FieldError("/op", "choice", sentence)]
    members = _MEMBERS[operation["op"]]
    errors = [_unexpected(f"/{name}") for name in operation.keys() - members]
    if "values" in members and not isinstance(operation.get("values"), dict):
        errors.append(FieldError("/values", "object", Message("This must be an object of fields.")))
    if not isinstance(operation.get("id", None if operation["op"] == "create" else 0), str | None):
        errors.append(FieldError("/id", "record_id", Message("This is not the id of a record.")))
    version = operation.get("version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        errors.append(FieldError("/version", "integer", Message("This must be a whole number.")))
    return errors


def _unexpected(path: str) -> FieldError:
    return FieldError(path, "unknown_member", Message("This is not expected here."))


def _command(operation: dict[str, Any]) -> Command:
    record = operation.get("id") or ""
    match operation["op"]:
        case "create":
            return Create(operation["values"], operation.get("id"))
        case "update":
            return Update(record, operation["values"], operation.get("version"))
        case "delete":
            return Delete(record, operation.get("version"))
        case _:
            return Restore(record)
