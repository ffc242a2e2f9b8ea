"""How each function of a spreadsheet is written in our language; what is not listed has no equivalent."""

from tests.conformance import (
    excel_dates,
    excel_logic,
    excel_numbers,
    excel_patterns,
    excel_rounding,
    excel_texts,
    excel_times,
)
from tests.conformance.excel_translator import Rule

FUNCTIONS: dict[str, Rule] = {
    **excel_logic.RULES,
    **excel_numbers.RULES,
    **excel_rounding.RULES,
    **excel_texts.RULES,
    **excel_patterns.RULES,
    **excel_dates.RULES,
    **excel_times.RULES,
}
