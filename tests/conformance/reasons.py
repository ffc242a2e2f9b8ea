"""The closed list of reasons for which a translated expression may give another result."""

from enum import Enum


class Reason(Enum):
    """A difference that is decided, with the sentence for the page."""

    ERROR = "What cannot be computed is null, a division by zero too; elsewhere it is an error."
    CONDITION = (
        "A condition that comes out null does not hold, and `false and null` is false; Excel hands the error on."
    )
    JOINING = "Joining texts takes null for empty; Excel hands the error on."
    TYPES = "Values of another type are refused when the expression is checked; elsewhere they are converted, or fail later."
    ORDER = "Texts and truth values have no order."
    EMPTY = "An empty cell or text counts as 0 or as an empty text elsewhere; here it is null."
    EMPTY_TEXT = "An empty text is null."
    NUMBERS_IN_TEXT = "`to_number` reads plain numbers; Excel also reads dates, percents, currencies and exponents."
    DATES_IN_TEXT = "`to_date` reads 2024-01-31; Excel reads many forms of dates."
    SERIALS = "Dates are dates from year 1 to 9999; Excel counts days from 1900 and has a 29 February 1900."
    DECIMALS = "Numbers are exact decimals; elsewhere they are binary floats of about 15 digits."
    RANGE = "Numbers have up to 38 digits and stay below 10^60; constants have up to 30 digits."
    START = "A start below 1 counts as 1 in `mid`, and a negative count as 0; Excel gives an error."
    NUMBER_TEXT = "`text` writes all digits of a number; Excel writes some numbers with an exponent."
    LENGTH = "A text has at most 10,000 characters."
    WHOLE = "The rest of a division exists for whole numbers only."
    NO_ELSE = "A choice without a last value is null; in Excel it is FALSE."
