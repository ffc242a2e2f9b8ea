"""Sources with something wrong: valid ones changed at random, by characters and by words."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random

from tests.support.expressions.generator import random_sources
from tests.support.expressions.world import FIELDS, PARAMETERS
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.signatures import SqlClass

TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|[\w.]+|[<>=!]=|\s+|.", re.DOTALL)
CHARACTERS = (
    *"()',\"+-*/%<>=!.,: \t\n\r\\_&|^~@[]{}$?;#`0123456789aAeExXjJlLnNbBfFuU",
    *"（），＝＜＞！＋－＊／％．。“”‘’「」≤≥≠　０９ａＡаµſßİ",
    *("\x00", "\x0b", "\x0c", "\x1a", "\x7f", "\x85", "\u200b", "\u202e", "\u2028", "\ufeff", "\ud800", "\udfff", "\U0010ffff"),
    *("😀", "e\u0301", "👨‍👩‍👧"),
)  # fmt: skip
WORDS = (
    *STANDARD.names(), *FIELDS["deal"], *PARAMETERS, "account", "account.owner.manager.name", "record", "record.id", "me", "prev",
    "target", "and", "or", "not", "in", "not in", "is", "if", "else", "lambda", "for", "await", "yield", "null", "true", "false",
    "None", "True", "__class__", "0", "1", "-1", "0.5", "1e9", "1_000", "0x1f", "1j", "9" * 31, "0." + "0" * 29 + "1", "''", "'won'",
    "'hot'", "'2024-02-29'", "'2024-02-30'", "'2024-02-29T12:00:00Z'", "b''", "f''", "**", "//", "<<", ":=", "->", "...", "==",
    "!=", "<=", "(", ")", "()", "(1, 2)", ",", "+", "-", "*", "/", "%", "<", "((((", "))))", "'", '"', "\\\\", "#", "=",
)  # fmt: skip


def mutated_sources(seed: int, *, pool: int = 2_000) -> Iterator[str]:
    """Mutated sources without end; one in ten is left as it is."""
    random = Random(seed)
    known = list(islice(random_sources(seed, classes=frozenset(SqlClass)), pool))
    while True:
        source = random.choice(known)
        for _ in range(random.choice((0, 1, 1, 1, 1, 1, 2, 2, 3, 5))):
            source = random.choice(MUTATIONS)(source, known, random)
        yield source


def _with_character(source: str, known: Sequence[str], random: Random) -> str:
    place = random.randint(0, len(source))
    return source[:place] + random.choice(CHARACTERS) + source[place + random.randint(0, 1) :]


def _without_piece(source: str, known: Sequence[str], random: Random) -> str:
    start = random.randint(0, len(source))
    return source[:start] + source[start + random.choice((1, 1, 1, 2, 5, 20)) :]


def _repeated_piece(source: str, known: Sequence[str], random: Random) -> str:
    start = random.randint(0, len(source))
    end = start + random.randint(1, 20)
    return source[:end] + source[start:end] * random.choice((1, 1, 2, 30)) + source[end:]


def _other_word(source: str, known: Sequence[str], random: Random) -> str:
    words = TOKEN.findall(source)
    if words:
        words[random.randrange(len(words))] = random.choice(WORDS)
    return "".join(words)


def _swapped_words(source: str, known: Sequence[str], random: Random) -> str:
    words = TOKEN.findall(source)
    if words:
        one, other = random.randrange(len(words)), random.randrange(len(words))
        words[one], words[other] = words[other], words[one]
    return "".join(words)


def _other_part(source: str, known: Sequence[str], random: Random) -> str:
    words, others = TOKEN.findall(source), TOKEN.findall(random.choice(known))
    start, first = random.randint(0, len(words)), random.randint(0, len(others))
    words[start : start + random.randint(0, 3)] = others[first : first + random.randint(1, 10)]
    return "".join(words)


def _nested(source: str, known: Sequence[str], random: Random) -> str:
    around = random.choice(
        ("({})", "not {}", "-{}", "abs({})", "{0} + {0}", "{0} if {0} else {0}", "when({0}, {0}, {0})")
    )
    for _ in range(random.choice((1, 1, 2, 10))):
        if len(source) < 3_000:
            source = around.replace("{0}", source).replace("{}", source)
    return source


MUTATIONS: tuple[Callable[[str, Sequence[str], Random], str], ...] = (
    _with_character,
    _without_piece,
    _repeated_piece,
    _other_word,
    _other_word,
    _swapped_words,
    _other_part,
    _nested,
)
