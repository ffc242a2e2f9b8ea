"""From what people type to plain ASCII source: full-width punctuation, brackets and foreign habits."""

import re
from dataclasses import dataclass, field
from unicodedata import category

from trellis.engine.expr import limits
from trellis.engine.expr.problems import ExprError, Problem, Span, problem, refuse
from trellis.kernel.messages import Message

WIDE = {
    "（": "(", "）": ")", "，": ",", "、": ",", "＝": "=", "＜": "<", "＞": ">", "！": "!", "＋": "+", "－": "-",
    "−": "-", "＊": "*", "×": "*", "／": "/", "÷": "/", "％": "%", "．": ".", "。": ".", "≤": "<=", "≥": ">=",
    "≠": "!=", "\u3000": " ", "\u00a0": " ", "\t": " ", "\n": " ", "\r": " ",
}  # fmt: skip
WIDE.update({chr(0xFF10 + digit): str(digit) for digit in range(10)})
WIDE.update({chr(0xFEE0 + ord(sign)): sign for sign in "&|;:?@#$^[]{}~_"})
QUOTES = {"'": "'", '"': '"', "“": "”“", "‘": "’‘", "”": "”“", "’": "’‘", "＂": "＂", "＇": "＇", "「": "」"}
PLAIN = re.compile(r"[A-Za-z0-9 _.,+\-*/%<>=!]+")
"""Characters that stay as they are."""
SPACES = frozenset("\u3000\u00a0\t\n\r")
ESCAPES = frozenset("\\'\"nt")
FOREIGN = {
    "&": Message("Join texts with + and conditions with 'and'."),
    "|": Message("Join conditions with 'or'."),
    ";": Message("Separate values with commas."),
    "@": Message("Write field keys without signs: amount > 10."),
    "#": Message("Write field keys without signs: amount > 10."),
    ":": Message("Write: a if condition else b."),
    "!": Message("Write 'not' for the opposite, and != for 'differs from'."),
    "^": Message("Powers do not exist here; multiply instead."),
    "[": Message("Write lists in round brackets, x in ('a', 'b'), and fields by their key alone."),
    "{": Message("Write field keys without brackets: amount > 10."),
    "$": Message("Write field keys without signs: amount > 10."),
    "?": Message("Write: a if condition else b."),
}
FOLLOWING = {"]": "[", "}": "{", ":": "?", "&": "&", "|": "|"}
"""Signs that say nothing new behind others."""
WRONG_PAIRS = {
    "**": Message("Powers do not exist here; multiply instead."),
    "//": Message("Write trunc(a / b) for whole division."),
    "<<": None,
    ">>": None,
}


@dataclass(slots=True)
class Source:
    """ASCII source made from what was typed; `places` leads each character back to where it came from."""

    typed: str
    text: str = ""
    places: list[int] = field(default_factory=list)
    converted: bool = False

    def span(self, start: int, end: int) -> Span:
        """Where the characters `start`..`end` of `text` stand in what was typed."""
        if not self.places:
            return Span(0, 0)
        first = self.places[min(start, len(self.places) - 1)]
        last = self.places[min(max(end - 1, start), len(self.places) - 1)]
        return Span(first, last + 1)


def read_source(typed: str) -> Source:
    """The source as plain ASCII outside of strings; raises ExprError with every problem a reader can see without grammar."""
    if len(typed) > limits.SOURCE_LENGTH:
        raise refuse(
            "too_long", "An expression has at most {limit} characters.", Span(0, 0), limit=limits.SOURCE_LENGTH
        )
    if not typed.strip():
        raise refuse("empty", "The expression is empty.", Span(0, len(typed)))
    return _Reader(typed).read()


class _Reader:
    """One pass over the typed characters."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.source = Source(typed)
        self.output: list[str] = []
        self.brackets: list[int] = []
        self.problems: list[Problem] = []
        self.minuses = 0

    def read(self) -> Source:
        position = 0
        while position < len(self.typed):
            character = self.typed[position]
            if run := PLAIN.match(self.typed, position):
                self.output.extend(run[0])
                self.source.places.extend(range(position, run.end()))
                position = run.end()
            elif character in QUOTES:
                position = self._string(position)
            else:
                self._plain(position, character)
                position += 1
        self._finish()
        self.source.text = "".join(self.output)
        return self.source

    def _finish(self) -> None:
        self.problems.extend(
            problem("bracket", "This bracket is never closed.", Span(start, start + 1)) for start in self.brackets
        )
        text = "".join(self.output)
        if not self.problems:
            self._operators(text)
        if self.problems:
            raise ExprError(self.problems)

    def _write(self, text: str, position: int) -> None:
        self.output.append(text)
        self.source.places.extend([position] * len(text))

    def _plain(self, position: int, character: str) -> None:
        plain = WIDE.get(character, character)
        if plain != character and character not in SPACES:
            self.source.converted = True
        if plain == "(":
            self._open(position)
        elif plain == ")":
            self._close(position)
        elif not self._allowed(plain, position):
            return
        self._write(plain, position)

    def _open(self, position: int) -> None:
        self.brackets.append(position)
        if len(self.brackets) > limits.BRACKET_DEPTH:
            raise refuse("too_deep", "Brackets are nested too deeply.", Span(position, position + 1))

    def _close(self, position: int) -> None:
        if self.brackets:
            self.brackets.pop()
        else:
            self._problem("bracket", "This bracket was never opened.", position)

    def _allowed(self, plain: str, position: int) -> bool:
        if len(plain) > 1 or (plain.isascii() and (plain.isalnum() or plain in " _.,+-*/%<>=!")):
            return True
        if self._follows(plain):
            return False
        self._problem(
            "character",
            "'{character}' has no meaning here.",
            position,
            hint=FOREIGN.get(plain) or _letter_hint(plain),
            character=plain,
        )
        return False

    def _follows(self, sign: str) -> bool:
        """Whether a problem was already reported for the sign that belongs to this one."""
        before = FOLLOWING.get(sign)
        return any(found.message.params.get("character") == before for found in self.problems if before)

    def _problem(self, code: str, text: str, position: int, *, hint: Message | None = None, **params: object) -> None:
        self.problems.append(problem(code, text, Span(position, position + 1), hint=hint, **params))
        if len(self.problems) >= limits.PROBLEMS:
            raise ExprError(self.problems)

    def _string(self, start: int) -> int:
        """Copies a string literal in double quotes; answers the position behind it."""
        opening = self.typed[start]
        closing = QUOTES[opening]
        if self.output and (self.output[-1].isalnum() or self.output[-1] == "_"):
            self._problem("prefix", "A text in quotes cannot follow a letter directly.", start)
        if self._behind_text():
            hint = Message("Put a comma or + between them.")
            self._problem("texts", "Two texts stand side by side.", start, hint=hint)
        self.source.converted = self.source.converted or not opening.isascii()
        self._write('"', start)
        position = start + 1
        while position < len(self.typed) and self.typed[position] not in closing:
            position = self._string_character(position)
        if position >= len(self.typed):
            raise refuse("quote", "This text is never closed.", Span(start, len(self.typed)))
        self._write('"', position)
        if position - start - 1 > limits.TEXT_LITERAL:
            raise refuse(
                "text_literal",
                "A text in an expression has at most {limit} characters.",
                Span(start, position + 1),
                limit=limits.TEXT_LITERAL,
            )
        return position + 1

    def _behind_text(self) -> bool:
        """Whether nothing but spaces stand between here and the text before."""
        before = next((piece for piece in reversed(self.output) if piece != " "), "")
        return before == '"'

    def _string_character(self, position: int) -> int:
        character = self.typed[position]
        following = self.typed[position + 1 : position + 2]
        if character == "\\":
            return self._escape(position, following)
        if character != "\t" and (character < " " or character == "\x7f" or category(character) == "Cs"):
            self._problem("character", "This character cannot stand in a text.", position)
        else:
            self._write('\\"' if character == '"' else character, position)
        return position + 1

    def _escape(self, position: int, following: str) -> int:
        if following and following in ESCAPES:
            self._write("\\" + following, position)
            return position + 2
        self._problem(
            "escape",
            "A backslash in a text must be doubled.",
            position,
            hint=Message("Write \\\\ for one backslash."),
        )
        return position + 1 + (following == "\\")

    def _operators(self, text: str) -> None:
        """Reports `=`, `<>`, `**`, `//`, shifts and long runs of signs, which Python would read or refuse in its own words."""
        quoted = False
        run = 0
        word = ""
        for index, character in enumerate(text):
            if character == '"' and not (index and text[index - 1] == "\\" and _odd_backslashes(text, index)):
                quoted = not quoted
            if quoted:
                word = ""
                continue
            if character.isalpha() and word.isdecimal():
                self.problems.append(
                    problem("number", "A number ends where letters begin.", self.source.span(index, index + 1))
                )
            if word == "." or (character == "." and text[index + 1 : index + 2].isdecimal()):
                word = ""
            word = (word or character) if character.isalnum() or character in "_." else ""
            run = run + 1 if character in "+-" else (run if character == " " else 0)
            if run > limits.MINUS_SIGNS:
                raise refuse("too_deep", "Too many signs in a row.", self.source.span(index, index + 1))
            if character in "<>*/=!":
                self._operator(text, index)

    def _operator(self, text: str, index: int) -> None:
        pair = text[index : index + 2]
        before = text[index - 1] if index else ""
        span = self.source.span(index, index + 2)
        if pair == "<>":
            self.problems.append(problem("operator", "'<>' is not used here.", span, hint=Message("Write != instead.")))
        elif pair in WRONG_PAIRS:
            if before != text[index]:
                hint = WRONG_PAIRS[pair]
                self.problems.append(problem("operator", "'{sign}' is not used here.", span, hint=hint, sign=pair))
        elif text[index] == "=" and before not in ("=", "<", ">", "!") and pair != "==":
            span = self.source.span(index, index + 1)
            hint = Message("Use == to compare.")
            self.problems.append(problem("single_equals", "A single '=' does not compare.", span, hint=hint))
        elif text[index] == "!" and pair != "!=":
            span = self.source.span(index, index + 1)
            self.problems.append(problem("operator", "'!' is not used here.", span, hint=FOREIGN["!"]))


def _odd_backslashes(text: str, index: int) -> bool:
    count = 0
    while index - 1 - count >= 0 and text[index - 1 - count] == "\\":
        count += 1
    return count % 2 == 1


def _letter_hint(character: str) -> Message | None:
    if character.isalpha():
        return Message("Fields are named by their key in plain letters; texts stand in quotes.")
    return None
