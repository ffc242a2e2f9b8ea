"""What the filter builder offers for a field, each as a sentence of the expression language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparison that people pick: `template` has the places {field} and {value} ({values} for several)."""

    key: str
    label: str
    template: str
    operands: str = "one"  # none, one, many, two


IS = Operator("is", "is", "{field} == {value}")
IS_NOT = Operator("is_not", "is not", "not ({field} == {value}) or blank({field})")
IN = Operator("in", "is one of", "{field} in ({values})", "many")
CONTAINS = Operator("contains", "contains", "contains({field}, {value})")
STARTS_WITH = Operator("starts_with", "starts with", "starts_with({field}, {value})")
GREATER = Operator("gt", "is greater than", "{field} > {value}")
AT_LEAST = Operator("ge", "is at least", "{field} >= {value}")
LESS = Operator("lt", "is less than", "{field} < {value}")
AT_MOST = Operator("le", "is at most", "{field} <= {value}")
BETWEEN = Operator("between", "is between", "between({field}, {value}, {value2})", "two")
BEFORE = Operator("before", "is before", "{field} < {value}")
AFTER = Operator("after", "is after", "{field} > {value}")
HAS = Operator("has", "has", "has({field}, {value})")
HAS_NOT = Operator("has_not", "does not have", "not has({field}, {value})")
BLANK = Operator("blank", "is empty", "blank({field})", "none")
FILLED = Operator("filled", "is filled", "filled({field})", "none")

PRESENCE = (BLANK, FILLED)
EQUALITY = (IS, IS_NOT, *PRESENCE)
TEXTUAL = (CONTAINS, STARTS_WITH, IS, IS_NOT, *PRESENCE)
NUMERIC = (IS, IS_NOT, GREATER, AT_LEAST, LESS, AT_MOST, BETWEEN, *PRESENCE)
TEMPORAL = (IS, BEFORE, AFTER, BETWEEN, *PRESENCE)
CHOICE = (IS, IS_NOT, IN, *PRESENCE)
MULTIPLE = (HAS, HAS_NOT, *PRESENCE)
