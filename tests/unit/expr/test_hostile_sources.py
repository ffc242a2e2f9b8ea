"""Whatever is typed, an expression is refused with a place and a sentence, quickly, and never does harm."""

import time
import tracemalloc

import pytest

from tests.support.expressions import checked
from trellis.engine.expr.problems import ExprError

HOSTILE = {
    "power": "2 ** 10",
    "power tower": "9**9**9**9",
    "large power": "4000000**400000",
    "shift": "1 << 1000000",
    "right shift": "1 >> 1",
    "floor division": "quantity // 2",
    "matrix product": "amount @ amount",
    "bit and": "quantity & 1",
    "bit or": "quantity | 1",
    "bit xor": "quantity ^ 1",
    "bit not": "~quantity",
    "text times number": "'a' * 1000000000",
    "number times text": "1000000000 * 'a'",
    "format by percent": "'%300000000d' % 1",
    "format method": "'{0}'.format(name)",
    "f-string": "f'{name}'",
    "f-string width": "f'{1:1000000000}'",
    "ljust": "'a'.ljust(1000000000)",
    "replace bomb": "'aaaa'.replace('a', 'aaaaaaaaaa')",
    "join bomb": "'x'.join(name)",
    "attribute of text": "'a'.upper",
    "dunder": "name.__class__",
    "dunder walk": "().__class__.__bases__[0].__subclasses__()",
    "dunder of field": "account.__init__.__globals__",
    "private name": "_x",
    "private part": "account._secret",
    "builtin import": "__import__('os').system('id')",
    "getattr": "getattr(name, 'upper')",
    "eval": "eval('1')",
    "exec": "exec('1')",
    "open": "open('/etc/passwd')",
    "type": "type(name)",
    "int": "int('9' * 100)",
    "str": "str(amount)",
    "rand": "rand()",
    "range": "range(1000000000)",
    "sum": "sum((1, 2))",
    "lambda": "(lambda: 1)()",
    "walrus": "(x := 1)",
    "comprehension": "[x for x in name]",
    "generator": "(x for x in name)",
    "set display": "{1, 2}",
    "dict display": "{'a': 1}",
    "list display": "[1, 2]",
    "subscript": "name[0]",
    "slice": "name[0:1]",
    "starred": "least(*name)",
    "keyword": "round(number=1)",
    "double star": "round(**name)",
    "await": "await name",
    "yield": "(yield 1)",
    "statement": "import os",
    "two statements": "1; 2",
    "assignment": "amount = 1",
    "comment": "1 # and more",
    "line continuation": "1 + \\\n 1",
    "is": "name is 1",
    "ellipsis": "...",
    "bytes": "b'abc' == name",
    "raw text": "r'\\d' == name",
    "complex number": "1j",
    "number into word": "1if active else 2",
    "fraction into word": ".5if active else 2",
    "date of nothing": "date(null) == today()",
    "exponent": "1e999999999",
    "hexadecimal": "0xFFFFFFFF",
    "octal": "0o777",
    "long number": "9" * 31,
    "very long number": "9" * 3_900,
    "long fraction": "0." + "1" * 40,
    "long text": "name == '" + "a" * 501 + "'",
    "zero character": "name == 'a\x00b'",
    "escaped zero": "name == '\\x00'",
    "escaped name": "name == '\\N{BULLET}'",
    "lone surrogate": "name == '\ud800'",
    "full-width letters": "ａmount > 1",
    "look-alike letters": "аmount > 1",
    "right to left": "\u202eamount > 1",
    "zero width": "amo\u200bunt > 1",
    "deep brackets": "(" * 61 + "1" + ")" * 61,
    "very deep brackets": "(" * 1_900 + "1" + ")" * 1_900,
    "unclosed brackets": "(" * 50,
    "unopened brackets": ")" * 50,
    "deep calls": "abs(" * 59 + "1" + ")" * 59,
    "minus chain": "-" * 3_999 + "1",
    "spaced minus chain": "- " * 1_900 + "1",
    "not chain": "not " * 900 + "active",
    "long sum": "+".join(["1"] * 1_900),
    "long conjunction": " and ".join(["active"] * 400),
    "long comparison": "<".join(["1"] * 600),
    "chains in chains": "((" * 12 + "active == active == active" + ") == active == active)" * 12 + ")" * 12,
    "nested choices": "1 if active else " * 200 + "1",
    "long path": ".".join(["account"] * 400),
    "parent chain": "account.parent.parent.parent.name == 'x'",
    "long list": "quantity in (" + ", ".join(map(str, range(300))) + ")",
    "empty list": "quantity in ()",
    "list of fields": "name in (note, name)",
    "unknown function": "frobnicate(name)",
    "unknown name": "nothing",
    "unknown path": "account.nothing",
    "path through text": "name.length",
    "calling a field": "name()",
    "calling a value": "(1)(2)",
    "calling a path": "account.name()",
    "text modulo number": "name % 2",
    "boolean arithmetic": "true + true",
    "empty": "",
    "blank": " \n\t ",
    "only a comma": ",",
    "only quotes": "''''",
    "open quote": "'abc",
    "too long": "1" + " " * 4_000,
    "ten megabytes": "a" * 10_000_000,
    "ten megabytes of brackets": "(" * 10_000_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_source_is_refused_with_a_place_and_a_sentence(source: str) -> None:
    with pytest.raises(ExprError) as refused:
        checked(source)

    for problem in refused.value.problems:
        assert 0 <= problem.span.start <= problem.span.end <= len(source)
        assert str(problem)


def seconds_to_refuse(source: str) -> float:
    started = time.process_time()
    with pytest.raises(ExprError):
        checked(source)
    return time.process_time() - started


def test_refusing_takes_less_than_50_milliseconds() -> None:
    for name, source in HOSTILE.items():
        assert min(seconds_to_refuse(source) for _ in range(3)) < 0.05, name


def test_refusing_takes_little_memory() -> None:
    for source in HOSTILE.values():
        tracemalloc.start(1)
        with pytest.raises(ExprError):
            checked(source)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert peak < 50_000_000


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 100
