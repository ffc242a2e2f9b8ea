"""Errors of the API as problem details (RFC 9457), with one entry per field."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from trellis.kernel import errors
from trellis.kernel.errors import FieldError, Finding, Invalid, InvalidMetadata, TrellisError, VersionConflict, Warned
from trellis.kernel.messages import Message, Translate

MEDIA_TYPE = "application/problem+json"
URN = "urn:trellis:problem:"

STATUS: tuple[tuple[type[TrellisError], int], ...] = (
    (errors.Invalid, 422),
    (errors.InvalidMetadata, 422),
    (errors.Warned, 422),
    (errors.IdempotencyConflict, 422),
    (errors.BadRequest, 400),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.VersionConflict, 412),
    (errors.PreconditionRequired, 428),
    (errors.InUse, 409),
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
    (errors.StaleRelease, 503),
)

_log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode
_words: dict[int, str] = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    413: "too_large", 415: "unsupported_media_type", 429: "too_many_requests",
}  # fmt: skip
_SENTENCES = {
    404: Message("There is nothing here, or you may not see it."),
    405: Message("This address does not know this method."),
    413: Message("The request is too large."),
    415: Message("Send JSON: Content-Type: application/json."),
}

Place = Callable[[str], dict[str, str]]


class UnsupportedMediaType(errors.BadRequest):
    """Send JSON: Content-Type: application/json."""

    code = "unsupported_media_type"


class TooLarge(errors.BadRequest):
    """The request is too large."""

    code = "too_large"


_BY_CODE = {
    "unsupported_media_type": 415,
    "too_large": 413,
    "unique_violation": 409,
    "import_taken_over": 409,
    "plan_changed": 409,
}


def status_of(error: TrellisError) -> int:
    """The HTTP status of a domain error."""
    return _BY_CODE.get(error.code) or next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def in_body(path: str) -> dict[str, str]:
    """Where a field stands in the body of a single save (RFC 6901); what begins with a slash is a pointer already."""
    if path.startswith("/"):
        return {"pointer": path, "field": path.rpartition("/")[2]}
    return {"pointer": _pointer(path), "field": path.rpartition("/")[2]}


def in_query(path: str) -> dict[str, str]:
    """Which parameter of the query string is meant."""
    return {"parameter": path}


def _pointer(path: str) -> str:
    return "/" + path.replace("~", "~0") if path else ""


def problem_of(error: TrellisError, translate: Translate, *, place: Place = in_body) -> dict[str, Any]:
    """The members of the problem that a domain error is, without its `instance`."""
    status = status_of(error)
    body: dict[str, Any] = {
        "type": URN + error.code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message.translated(translate),
    }
    if isinstance(error, errors.Forbidden) and error.advice:
        body["advice"] = [one.translated(translate) for one in error.advice]
    if isinstance(error, Invalid):
        body["errors"] = entries(error.errors, translate, place)
    if isinstance(error, Warned):
        body["warnings"] = entries(error.warnings, translate, place)
    if isinstance(error, InvalidMetadata):
        body["errors"] = [finding_entry(finding, translate) for finding in error.findings]
    if isinstance(error, VersionConflict):
        body["current"] = error.current
    return body


def entries(found: Iterable[FieldError], translate: Translate, place: Place = in_body) -> list[dict[str, Any]]:
    """One entry for each thing that is wrong, or doubtful; `records` are others that it is about, null for a hidden one."""
    return [
        {
            **place(error.path),
            "code": error.code,
            "message": error.message.translated(translate),
            **({"records": error.records} if error.records else {}),
        }
        for error in found
    ]


def finding_entry(finding: Finding, translate: Translate) -> dict[str, Any]:
    """A defect of the metadata with the place where it stands, and what to do about it."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "document": finding.document,
        "pointer": finding.pointer,
        "span": list(finding.span) if finding.span else None,
        "message": finding.message.translated(translate),
        "hint": finding.hint.translated(translate) if finding.hint else None,
    }


def answer_problem(request: Request[Any, Any, Any], body: Mapping[str, Any]) -> Response[bytes]:
    """A problem as a response."""
    headers = {"cache-control": "no-store"}
    status = int(body["status"])
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="trellis"'
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["retry-after"] = "1"
    if isinstance(body.get("current"), int):
        headers["etag"] = f'"{body["current"]}"'
    content = _encode({**body, "instance": request.scope["path"]})
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def problem(request: Request[Any, Any, Any], error: Exception, translate: Translate) -> Response[bytes]:
    """Any exception as a problem; what nobody expected is logged and told as a plain 500."""
    if isinstance(error, TrellisError) and status_of(error) < HTTPStatus.INTERNAL_SERVER_ERROR:
        place = in_query if request.method == "GET" else in_body
        answer = answer_problem(request, problem_of(error, translate, place=place))
        if isinstance(error, errors.TooManyRequests):
            answer.headers["retry-after"] = str(error.retry_after)
        return answer
    if isinstance(error, errors.Unavailable | errors.StaleRelease):
        return answer_problem(request, problem_of(error, translate))
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _http_problem(request, error, translate)
    _log.error("request_failed", path=request.scope["path"], exc_info=error)
    return answer_problem(request, problem_of(TrellisError(), translate))


def _http_problem(request: Request[Any, Any, Any], error: HTTPException, translate: Translate) -> Response[bytes]:
    status = error.status_code
    sentence = _SENTENCES.get(status, Message("The request cannot be understood."))
    body = {
        "type": URN + _words.get(status, "bad_request"),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence.translated(translate),
    }
    response = answer_problem(request, body)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response
