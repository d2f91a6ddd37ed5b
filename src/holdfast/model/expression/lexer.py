"""Text to tokens.

A token is a kind, its text, its value (literals only) and its position. Kinds: `name`, `quoted`
(a backquoted field), `int`, `uint`, `double`, `string`, `bytes`, `op`, `end`. Every pattern is
linear. Failure is a `syntax` fault with a position, and a hint for what people bring along from
other languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .errors import Fault
from .values import INT_MAX, UINT_MAX, UInt

_TOKEN: Final = re.compile(
    r"""
      (?P<space>(?:[ \t\r\n\f]+|//[^\n]*)+)
    | (?P<text>(?P<prefix>[rR]?[bB]|[bB]?[rR])?(?P<quote>'''|\"\"\"|'|\"))
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<quoted>`[A-Za-z0-9_.\-/ ]+`)
    | (?P<double>(?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
    | (?P<int>(?:0[xX][0-9a-fA-F]+|[0-9]+)(?P<unsigned>[uU])?)
    | (?P<op>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_BODY: Final = {
    (quote, raw): re.compile(
        (r"(?:[^\\]" if not raw else r"(?:.") + (r"|\\.)*?" if not raw else ")*?") + quote, re.DOTALL
    )
    for quote in ("'", '"', "'''", '"""')
    for raw in (False, True)
}
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    r"|([0-3][0-7]{2})|(.|\Z))",
    re.DOTALL,
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SIMPLE: Final = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_HINTS: Final = {
    "=": "did you mean '=='?",
    "&": "use && for and",
    "|": "use || for or",
    "^": "use math functions or != instead",
    "~": "use contains() or startsWith() to search in text",
    "$": "names stand without '$'",
    "“": "use straight quotes",
    "”": "use straight quotes",
    "‘": "use straight quotes",
    "’": "use straight quotes",
    "#": "a comment begins with //",
}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    position: int
    value: object = None


def tokens(source: str, start: int = 0) -> Iterator[Token]:
    """The tokens from `start` on, ending with one of kind `end`; raises when it can't go on."""
    position = start
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _unexpected(source, position)
        if match.lastgroup == "text":
            token, position = _text(source, match)
            yield token
            continue
        if match.lastgroup != "space":
            yield _plain(match)
        position = match.end()
    yield Token("end", "", position)


def _plain(match: re.Match[str]) -> Token:
    text, position = match.group(), match.start()
    if match.lastgroup == "quoted":
        return Token("quoted", text[1:-1], position)
    if match.lastgroup == "double":
        return Token("double", text, position, _double(text, position))
    if match["int"] is not None:
        return _integer(match)
    return Token(match.lastgroup or "op", text, position)


def _double(text: str, position: int) -> float:
    value = float(text)
    if value == float("inf"):
        raise Fault("overflow", "the number doesn't fit a double", position=position)
    return value


def _integer(match: re.Match[str]) -> Token:
    text, position = match["int"], match.start()
    unsigned = match["unsigned"] is not None
    digits = text[:-1] if unsigned else text
    hexadecimal = digits[:2] in ("0x", "0X")
    significant = digits[2:] if hexadecimal else digits
    # A long run of digits is refused by its length: converting it takes time that grows with it.
    if len(significant.lstrip("0")) > 20:
        raise Fault("overflow", "the number doesn't fit 64 bits", position=position)
    value = int(significant, 16 if hexadecimal else 10)
    # One more than INT_MAX may still follow a minus; the parser settles that.
    if value > (UINT_MAX if unsigned else INT_MAX + 1):
        raise Fault("overflow", "the number doesn't fit 64 bits", position=position)
    if unsigned:
        return Token("uint", text, position, UInt(value))
    return Token("int", text, position, value)


def _text(source: str, match: re.Match[str]) -> tuple[Token, int]:
    prefix, quote = (match["prefix"] or "").lower(), match["quote"]
    raw, binary = "r" in prefix, "b" in prefix
    body = _BODY[quote, raw].match(source, match.end())
    if body is None or (len(quote) == 1 and _breaks_line(body.group())):
        hint = "a text that begins with a quote must end with the same one, on its line"
        raise Fault("syntax", "the text has no end", hint=hint, position=match.start())
    inner, offset = body.group()[: -len(quote)], match.end()
    if (surrogate := _SURROGATE.search(inner)) is not None:
        message = "the text holds a lone surrogate"
        raise Fault("syntax", message, position=offset + surrogate.start())
    if binary:
        value: object = inner.encode() if raw else _binary(inner, offset)
    else:
        value = inner if raw else _unescaped(inner, offset)
    kind = "bytes" if binary else "string"
    return Token(kind, source[match.start() : body.end()], match.start(), value), body.end()


def _breaks_line(text: str) -> bool:
    return "\n" in text or "\r" in text


def _unescaped(text: str, offset: int) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(_code_point(m, offset)), text)


def _binary(text: str, offset: int) -> bytes:
    made = bytearray()
    last = 0
    for match in _ESCAPE.finditer(text):
        made += text[last : match.start()].encode()
        point = _code_point(match, offset)
        if match[3] or match[4]:
            raise Fault("syntax", "bytes have no \\u escape", position=offset + match.start())
        made.append(point)
        last = match.end()
    made += text[last:].encode()
    return bytes(made)


def _code_point(match: re.Match[str], offset: int) -> int:
    simple, octal = match[1], match[5]
    if simple:
        return ord(_SIMPLE.get(simple, simple))
    digits = match[2] or match[3] or match[4]
    if digits is None and octal is None:
        raise Fault("syntax", "unknown escape in a text", position=offset + match.start())
    point = int(octal, 8) if octal else int(digits, 16)
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        raise Fault("syntax", "the escape is no character", position=offset + match.start())
    return point


def _unexpected(source: str, position: int) -> Fault:
    char = source[position]
    named = f"'{char}'" if char.isprintable() else f"U+{ord(char):04X}"
    return Fault("syntax", f"unexpected character {named}", hint=_HINTS.get(char), position=position)
