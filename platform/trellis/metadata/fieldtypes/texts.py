"""Text and its stricter cousins: values are str, trimmed, never empty."""

import re
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import FieldType, Refused, masked_text
from trellis.metadata.fieldtypes.operators import CONTAINS, PRESENCE, TEXTUAL, Operator
from trellis.metadata.policies import TIGHTEN_DOWN, Policies

_EMAIL = re.compile(r"^[^\s@<>()\[\],;:\\\"]+@[^\s@.<>()\[\],;:\\\"]+(\.[^\s@.<>()\[\],;:\\\"]+)+$")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_HOST_AND_PORT = re.compile(r"[^:/]+:[0-9]+(/|$)")
_NOT_IN_URL = re.compile(r"[\s<>\"\\^`{|}\x00-\x1f\x7f]")
_LONGEST_URL = 1000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def storable(text: str) -> str:
    """The text, unless it holds control characters; raises Refused."""
    if _CONTROL.search(text):
        raise Refused("text_control", Message("Control characters cannot be stored."))
    return text


def _one_line(text: str) -> str:
    return storable(" ".join(text.splitlines()) if "\n" in text or "\r" in text else text)


def _lines(text: str) -> str:
    return storable(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)


class Text(FieldType):
    """One line of text."""

    title: ClassVar[str] = "Text"
    operators: ClassVar[tuple[Operator, ...]] = TEXTUAL
    type: Literal["text"]
    policies: ClassVar[Policies] = {"maxLength": TIGHTEN_DOWN}
    max_length: int = Field(255, ge=1, le=1000)
    pattern: str | None = None

    def annotation(self) -> Any:
        rules = StringConstraints(strip_whitespace=True, max_length=self.max_length, pattern=self.pattern)
        return Annotated[str, rules, AfterValidator(_one_line)]

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": ["string", "null"], "maxLength": self.max_length}
        return schema | ({"pattern": self.pattern} if self.pattern else {})


class LongText(FieldType):
    """Text of several lines."""

    title: ClassVar[str] = "Long text"
    operators: ClassVar[tuple[Operator, ...]] = (CONTAINS, *PRESENCE)
    sortable: ClassVar[bool] = False
    type: Literal["longtext"]
    policies: ClassVar[Policies] = {"maxLength": TIGHTEN_DOWN}
    max_length: int = Field(20_000, ge=1, le=100_000)

    def annotation(self) -> Any:
        rules = StringConstraints(strip_whitespace=True, max_length=self.max_length)
        return Annotated[str, rules, AfterValidator(_lines)]

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "maxLength": self.max_length}


class Email(FieldType):
    """A mail address (RFC 5322 addr-spec without comments), lower case in its domain."""

    title: ClassVar[str] = "Email"
    operators: ClassVar[tuple[Operator, ...]] = TEXTUAL
    type: Literal["email"]

    def annotation(self) -> Any:
        return Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_mail_address)]

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "maxLength": 254}

    def masked(self, value: Any) -> str | None:
        if value is None:
            return None
        name, _, domain = value.partition("@")
        return f"{name[:1]}••••@{domain}"


def _mail_address(text: str) -> str:
    if not text:
        return text
    name, _, domain = text.rpartition("@")
    if _CONTROL.search(text) or not _EMAIL.match(text) or len(name) > 64:
        raise Refused("email", Message("This is not a mail address, like name@example.com."))
    return f"{name}@{domain.lower()}"


class Phone(FieldType):
    """A phone number in international form (ITU-T E.164), read in the region where none is given."""

    title: ClassVar[str] = "Phone"
    operators: ClassVar[tuple[Operator, ...]] = TEXTUAL
    type: Literal["phone"]
    region: str = Field("CN", pattern="^[A-Z]{2}$")

    def annotation(self) -> Any:
        rules = StringConstraints(strip_whitespace=True, max_length=40)
        return Annotated[str, rules, AfterValidator(self._international)]

    def _international(self, text: str) -> str:
        if not text:
            return text
        number: str | None = _phones().international(text, self.region)
        if number is None:
            raise Refused("phone", Message("This is not a phone number. Add the country code, like +86 138 0013 8000."))
        return number

    def display(self, value: Any, formats: Any) -> str:
        return "" if value is None else _phones().readable(value, self.region)

    def masked(self, value: Any) -> str | None:
        return None if value is None else masked_text(value, self.mask or "middle4")

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "maxLength": 40}


def _phones() -> ModuleType:
    """The rules of all countries take a while to load, so they wait for the first number."""
    from trellis.metadata.fieldtypes import phones

    return phones


class Url(FieldType):
    """A web address (http or https); `example.com` is read as https, the scheme is kept in small letters."""

    title: ClassVar[str] = "Link"
    operators: ClassVar[tuple[Operator, ...]] = TEXTUAL
    type: Literal["url"]

    def annotation(self) -> Any:
        return Annotated[
            str, StringConstraints(strip_whitespace=True, max_length=_LONGEST_URL), AfterValidator(_web_address)
        ]

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "maxLength": _LONGEST_URL}


def _web_address(text: str) -> str:
    if not text:
        return text
    full = text if _SCHEME.match(text) and not _HOST_AND_PORT.match(text) else f"https://{text}"
    try:
        parts = urlsplit(full)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    known = parts is not None and parts.scheme in ("http", "https") and bool(host)
    bare = full is not text and "." not in (host or "") and host != "localhost"
    if not known or bare or _NOT_IN_URL.search(full) or len(full) > _LONGEST_URL:
        raise Refused("url", Message("This is not a web address, like https://example.com."))
    scheme, colon, rest = full.partition(":")
    return scheme.lower() + colon + rest
