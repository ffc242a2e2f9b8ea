"""Field types: what values a field holds and how they behave."""

from trellis.metadata.fieldtypes.automatic import AutoNumber
from trellis.metadata.fieldtypes.base import PLAIN, DefaultExpression, Element, FieldType, Formats, Reading, Refused
from trellis.metadata.fieldtypes.choices import Boolean, MultiSelect, Option, Select
from trellis.metadata.fieldtypes.computations import Computation, FormulaSource, RollupSource
from trellis.metadata.fieldtypes.computed import Formula, Rollup
from trellis.metadata.fieldtypes.dates import Date, DateTime
from trellis.metadata.fieldtypes.documents import Json
from trellis.metadata.fieldtypes.durations import Duration
from trellis.metadata.fieldtypes.links import File, Lookup, MultiLookup, User
from trellis.metadata.fieldtypes.numbers import Currency, DecimalNumber, Integer, Percent
from trellis.metadata.fieldtypes.registry import FieldTypes, type_name
from trellis.metadata.fieldtypes.texts import Email, LongText, Phone, Text, Url

BUILT_IN: tuple[type[FieldType], ...] = (
    Text, LongText, Email, Phone, Url, Integer, DecimalNumber, Currency, Percent, Boolean, Date, DateTime,
    Duration, Select, MultiSelect, Lookup, MultiLookup, User, AutoNumber, File, Json, Formula, Rollup,
)  # fmt: skip

fieldtypes = FieldTypes(BUILT_IN)

__all__ = [
    "BUILT_IN", "PLAIN", "AutoNumber", "Boolean", "Computation", "Currency", "Date", "DateTime", "DecimalNumber", "DefaultExpression", "Duration",
    "Element", "Email", "FieldType", "FieldTypes", "File", "Formats", "Formula", "FormulaSource", "Integer", "Json", "LongText", "Lookup",
    "MultiLookup", "MultiSelect", "Option", "Percent", "Phone", "Reading", "Refused", "Rollup", "RollupSource", "Select", "Text", "Url", "User",
    "fieldtypes", "type_name",
]  # fmt: skip
