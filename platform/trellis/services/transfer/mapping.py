"""The mapping document: which column of a file becomes which field, and how."""

from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import Field, ValidationError

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import Element

Mode = Literal["upsert", "insert", "update"]


class ColumnMapping(Element):
    """What happens to the cells of one column."""

    field: str
    values: dict[str, str] = {}
    by: str | None = None
    create: bool | None = None
    trim: bool = True
    format: str | None = None


class Options(Element):
    """How the file is read and written; what is None is found out."""

    mode: Mode | None = None
    create_missing: tuple[str, ...] = ()
    empty: Literal["keep", "clear"] = "keep"
    day_first: bool = False
    decimal_mark: Literal[".", ","] = "."
    zone: str | None = None
    encoding: str | None = None
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    sheet: str | None = None
    header: int | None = Field(None, ge=0, le=200)


class Mapping(Element):
    """How the rows of a file become records of one entity."""

    entity: str
    key: tuple[str, ...] = ()
    columns: dict[str, ColumnMapping]
    constants: dict[str, Any] = {}
    options: Options = Options()

    @property
    def mode(self) -> Mode:
        """What is done with rows; without a word, rows with a key are put over what is there."""
        return self.options.mode or ("upsert" if self.key else "insert")

    @property
    def text(self) -> str:
        """The mapping as JSON."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True)


def read_mapping(path: Path) -> Mapping:
    """The mapping in a file; raises Invalid with all that is wrong."""
    try:
        return mapping_of(path.read_bytes())
    except OSError as error:
        raise Invalid([FieldError("", "unreadable", Message("{reason}", {"reason": str(error)}))]) from None


def mapping_of(text: bytes | str) -> Mapping:
    """The mapping of a JSON text; raises Invalid with all that is wrong."""
    try:
        return Mapping.model_validate(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError) as error:
        reason = Message("The mapping is not JSON: {reason}", {"reason": str(error)})
        raise Invalid([FieldError("", "json", reason)]) from None
    except ValidationError as error:
        raise Invalid(_field_error(detail) for detail in error.errors(include_url=False)) from None


def _field_error(detail: Any) -> FieldError:
    path = "/".join(str(part) for part in detail["loc"])
    return FieldError(path, detail["type"], Message("{reason}", {"reason": detail["msg"]}))
