"""Hostile expressions: each wants to take the process's time, memory, stack or secrets.

A case names what it tries, the expression, the scope that it needs, and how it must end: with an
error of a kind, or with a value. `DEEP`, `SHARED` and `CYCLE` are data that a naive walk follows for
ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .cases import Fails


def _deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = {"next": [value]}
    return value


def _shared(levels: int) -> object:
    """A value of 2**levels parts in a few lists."""
    value: object = [1]
    for _ in range(levels):
        value = [value, value]
    return value


def _cycle() -> object:
    value: list[object] = []
    value.append(value)
    return value


@dataclass(frozen=True)
class Hostile:
    name: str
    source: str
    ending: object
    scope: dict[str, object] = field(default_factory=dict)


def _nested_macros(depth: int) -> str:
    body = "1"
    for level in range(depth):
        body = f"data.map(x{level}, {body})"
    return body


LIST: Final[list[object]] = list(range(1000))
TEXT: Final = "ab" * 5_000_000
LIMIT: Final = Fails("limit")

HOSTILE: Final = [
    Hostile("deep brackets", "(" * 2000 + "1" + ")" * 2000, LIMIT),
    Hostile("deep lists", "[" * 2000 + "]" * 2000, LIMIT),
    Hostile("deep maps", "{'a':" * 600 + "1" + "}" * 600, LIMIT),
    Hostile("deep calls", "size(" * 600 + "'a'" + ")" * 600, LIMIT),
    Hostile("deep indexes", "a[" * 1000 + "0" + "]" * 1000, LIMIT),
    Hostile("long field chain", "a" + ".b" * 2000, LIMIT),
    Hostile("long method chain", "'a'" + ".trim()" * 500, LIMIT),
    Hostile("long sum", "+".join(["1"] * 2000), 2000),
    Hostile("long condition", "true?1:" * 500 + "2", 1),
    Hostile("many minuses", "-" * 2000 + "1", 1),
    Hostile("many nots", "!" * 2000 + "true", True),
    Hostile("deep ranks", "(1||1&&1==1+1*" * 200 + "1" + ")" * 200, LIMIT),
    Hostile("source too long", "1 + " * 2000 + "1", LIMIT),
    Hostile("source too long in UTF-8", "'" + "é" * 3000 + "'", LIMIT),
    Hostile("megabytes of source", "a" * 5_000_000, LIMIT),
    Hostile("giant digits in source", "9" * 4000, Fails("overflow")),
    Hostile("giant hexadecimal digits", "0x" + "f" * 4000, Fails("overflow")),
    Hostile("giant digits in text", "int(t)", Fails("invalid"), {"t": "9" * 1_000_000}),
    Hostile("giant digits of a double", "double(t)", Fails("invalid"), {"t": "1" * 1_000_000}),
    Hostile("giant exponent", "1e400", Fails("overflow")),
    Hostile("giant integer in data", "n * n", Fails("overflow"), {"n": 10**5000}),
    Hostile("giant integer as text", "string(n)", Fails("overflow"), {"n": 10**5000}),
    Hostile("giant integer formatted", "'%f'.format([n])", Fails("overflow"), {"n": 10**5000}),
    Hostile("giant integer before a double", "n < 1.5", False, {"n": 10**5000}),
    Hostile("nested macros", _nested_macros(3), LIMIT, {"data": LIST}),
    Hostile("deeply nested macros", _nested_macros(12), LIMIT, {"data": LIST}),
    Hostile(
        "nested macros that find nothing",
        "data.exists(a, data.exists(b, data.exists(c, a + b + c < 0)))",
        LIMIT,
        {"data": LIST},
    ),
    Hostile(
        "errors in a loop",
        "data.exists(a, data.exists(b, a / 0 == b))",
        LIMIT,
        {"data": LIST},
    ),
    Hostile(
        "limits can't be absorbed",
        "data.all(a, data.all(b, data.all(c, true))) || true",
        LIMIT,
        {"data": LIST},
    ),
    Hostile(
        "text doubled again and again",
        "['aaaaaaaa']" + ".map(x, x + x)" * 25,
        LIMIT,
    ),
    Hostile("list doubled again and again", "[[1, 1]]" + ".map(x, x + x)" * 25, LIMIT),
    Hostile("shared parts doubled", "[[1, 1]]" + ".map(x, [x, x])" * 25, LIMIT),
    Hostile("shared parts compared", "a == b", LIMIT, {"a": _shared(40), "b": _shared(40)}),
    Hostile("shared parts searched", "a in [b]", LIMIT, {"a": _shared(40), "b": _shared(40)}),
    Hostile("shared parts formatted", "'%s'.format([a])", LIMIT, {"a": _shared(40)}),
    Hostile("deep data compared", "a == b", True, {"a": _deep(5000), "b": _deep(5000)}),
    Hostile("deep data formatted", "'%s'.format([a])", LIMIT, {"a": _deep(5000)}),
    Hostile("deep data made", "[1]" + ".map(x, [[[[[[[[x]]]]]]]])" * 20, LIMIT),
    Hostile("deep data repeated", "[a, a]", LIMIT, {"a": _deep(5000)}),
    Hostile("circular data compared", "a == b", LIMIT, {"a": _cycle(), "b": _cycle()}),
    Hostile("circular data formatted", "'%s'.format([a])", LIMIT, {"a": _cycle()}),
    Hostile("huge list joined to itself", "a + a", LIMIT, {"a": LIST * 100}),
    Hostile("huge text joined to itself", "t + t", LIMIT, {"t": TEXT}),
    Hostile("huge text upper", "t.upperAscii()", LIMIT, {"t": TEXT}),
    Hostile("huge replacement", "t.replace('', t)", LIMIT, {"t": TEXT[:100_000]}),
    Hostile("replacement that grows", "t.replace('a', t)", LIMIT, {"t": TEXT[:10_000]}),
    Hostile("huge split", "t.split('')", LIMIT, {"t": TEXT}),
    Hostile("huge join", "a.map(x, t).join(t)", LIMIT, {"a": LIST, "t": TEXT}),
    Hostile("join with a huge separator", "a.join(t)", LIMIT, {"a": ["a", "b"], "t": TEXT}),
    Hostile(
        "slow search, again and again",
        "data.exists(a, t.contains(p))",
        LIMIT,
        {"data": LIST, "t": "a" * 1_000_000, "p": "a" * 500 + "b"},
    ),
    Hostile(
        "slow search backwards",
        "t.lastIndexOf(p)",
        LIMIT,
        {"t": "a" * 1_000_000, "p": "b" + "a" * 500_000},
    ),
    Hostile(
        "huge texts compared, again and again",
        "data.exists(a, t == u)",
        LIMIT,
        {"data": LIST, "t": TEXT + "a", "u": TEXT + "b"},
    ),
    Hostile("a part of the data repeated", "data.map(x, doc)", LIMIT, {"data": LIST, "doc": LIST}),
    Hostile("a text of the data repeated", "data.map(x, t)", LIMIT, {"data": LIST, "t": TEXT}),
    Hostile("text multiplied", "'a' * 1000000000", Fails("type")),
    Hostile("format with a giant width", "'%999999999d'.format([1])", Fails("invalid")),
    Hostile("format with giant digits", "'%.999f'.format([1.0])", Fails("limit")),
    Hostile("format that reads attributes", "'{0.__class__}'.format([1])", Fails("invalid")),
    Hostile("format of a huge text of clauses", "t.format([])", LIMIT, {"t": "%%" * 500_000}),
    Hostile("pattern that backtracks", "t.matches('(a+)+$')", False, {"t": "a" * 5000 + "!"}),
    Hostile("pattern with many ways", "t.matches('(a|a)*(a|a)*b')", False, {"t": "a" * 5000}),
    Hostile(
        "pattern of many maybes",
        "t.matches(p)",
        LIMIT,
        {"t": "a" * 299, "p": "a?" * 300 + "a" * 300 + "$"},
    ),
    Hostile("pattern that repeats repeats", "'a'.matches('((a{100}){100}){100}')", LIMIT),
    Hostile("pattern of nested groups", f"'a'.matches('{'(' * 100}a{')' * 100}')", LIMIT),
    Hostile("pattern of nothing, repeated", "'a'.matches('(()*)*{1}')", Fails("invalid")),
    Hostile("pattern of empty loops", "'b'.matches('((a*)*)*$')", True),
    Hostile("huge pattern", "'a'.matches(p)", LIMIT, {"p": "a" * 1_000_000}),
    Hostile("pattern over a huge text", "t.matches('x$')", LIMIT, {"t": TEXT}),
    Hostile(
        "pattern over many characters",
        "t.matches('[^é]*é')",
        LIMIT,
        {"t": "".join(map(chr, range(0x4E00, 0x9E00)))},
    ),
    Hostile("attribute of a text", "'a'.__class__", Fails("type")),
    Hostile("attribute of a list", "[].__class__.__mro__", Fails("type")),
    Hostile("import by name", "__import__('os')", Fails("unknown_function")),
    Hostile("method of a map", "a.clear()", Fails("unknown_function"), {"a": {"b": 1}}),
    Hostile("method of a list", "a.append(1)", Fails("unknown_function"), {"a": [1]}),
    Hostile("keys of a map as fields", "a.keys", Fails("no_such_key"), {"a": {"b": 1}}),
    Hostile("globals", "globals()", Fails("unknown_function")),
    Hostile("lambda", "(lambda: 1)()", Fails("syntax")),
    Hostile("assignment", "a.b = 2", Fails("syntax"), {"a": {"b": 1}}),
    Hostile("NUL in the source", "1 \x00 + 1", Fails("syntax")),
    Hostile("NUL in a result", "'\\u0000'", Fails("invalid")),
    Hostile("lone surrogate in the source", "'\ud800'", Fails("syntax")),
    Hostile("lone surrogate as a name", "\udfff", Fails("syntax")),
    Hostile("lone surrogate in a comment", "1 // \ud800", 1),
    Hostile("lone surrogate in data", "bytes(t)", Fails("invalid"), {"t": "\ud800"}),
    Hostile("letters that look alike", "іnput", Fails("syntax")),
    Hostile("direction marks", "'a' == '\u202ea'", False),
    Hostile("wide digits", "１ + １", Fails("syntax")),
    Hostile("NaN as a key", "{double('NaN'): 1}", Fails("type")),
    Hostile("NaN looked up", "{1: 1}[double('NaN')]", Fails("type")),
    Hostile("NaN in a result", "[0.0 / 0.0]", Fails("invalid")),
    Hostile("huge list literal", "[" + "1," * 2040 + "1]", [1] * 2041),
    Hostile(
        "huge list literal in a loop",
        "data.map(x, [" + "1," * 1900 + "1])",
        LIMIT,
        {"data": LIST},
    ),
    Hostile("huge map literal", "{" + ",".join(f"{n}:1" for n in range(600)) + "}.size()", 600),
    Hostile(
        "huge map literal in a loop",
        "data.map(x, {" + ",".join(f"{n}:1" for n in range(500)) + "})",
        LIMIT,
        {"data": LIST},
    ),
    Hostile("time zone as a path", "timestamp(0).getHours('/etc/passwd')", Fails("invalid")),
    Hostile(
        "a zone read for each element",
        "data.all(x, timestamp(x).getHours('Europe/Berlin') >= 0)",
        LIMIT,
        {"data": LIST * 10},
    ),
    Hostile("object in the scope", "a.secret", Fails("type"), {"a": Fails("limit")}),
    Hostile("object as a result", "a", Fails("type"), {"a": Fails("limit")}),
    Hostile("object in a made list", "[a]", Fails("type"), {"a": Fails("limit")}),
    Hostile("object formatted", "'%s'.format([a])", Fails("type"), {"a": Fails("limit")}),
    Hostile("NUL in a key", "{'\\u0000': 1}", Fails("invalid")),
    Hostile("function in the scope", "a(1)", Fails("unknown_function"), {"a": print}),
]
