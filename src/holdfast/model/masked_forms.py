"""The forms in which a secret's value shows up elsewhere, as texts to look for. Pure.

A value that was put into a header, an address or a document comes back as it is, in another case, as base64 (with
anything before and after it: three alignments, two alphabets), as hexadecimal digits, or read in another character set;
two of these encodings over each other, or one over another case or an escaped text. Escapes (JSON, URLs, HTML, Python)
are not forms: text is read with them undone (``unescaped``).
"""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

# Shorter values are in every other text: they count only where they are all of it.
SHORTEST: Final = 4
# Lines of a longer value that are looked for by themselves, as logs and errors print a key line by line.
_LONG_LINE: Final = 16
_MOST_LINES: Final = 100


class Form(NamedTuple):
    """A text to look for. ``before`` and ``after``: so many characters beside it hold bits of the value as well."""

    text: str
    before: int = 0
    after: int = 0


def forms_of(value: str) -> list[Form]:
    """Every form of a value of ``SHORTEST`` characters or more, each once."""
    return list(dict.fromkeys(_forms(value)))


def _forms(value: str) -> Iterator[Form]:
    for text in _texts(value):
        yield Form(text)
    for source in dict.fromkeys(_sources(value)):
        for once in _encoded(source, Form("")):
            yield once
            if source == value.encode():
                yield from _encoded(once.text.encode(), once)


def _encoded(source: bytes, beside: Form) -> Iterator[Form]:
    """As base64 and as hexadecimal digits. ``beside``: what beside the source holds bits of the value."""
    yield from _base64(source, beside)
    digits, before, after = source.hex(), 2 * beside.before, 2 * beside.after
    yield Form(digits, before, after)
    yield Form(digits.upper(), before, after)


def _texts(value: str) -> Iterator[str]:
    yield value
    yield value.lower()
    yield value.upper()
    if not value.isascii():
        yield value.encode().decode("latin-1")  # as who takes UTF-8 for Latin-1 shows it
    lines = value.splitlines()
    if len(lines) > 1:
        yield from [line for line in lines if len(line) >= _LONG_LINE][:_MOST_LINES]


def _sources(value: str) -> Iterator[bytes]:
    """The bytes that may have been encoded: of the value, or of a text in which it stands escaped."""
    yield value.encode()
    if not value.isascii():
        yield value.encode("latin-1", "replace")
    yield json.dumps(value)[1:-1].encode()
    yield json.dumps(value, ensure_ascii=False)[1:-1].encode()
    yield quote(value, safe="").encode()
    yield quote(value).encode()
    yield quote_plus(value).encode()
    yield html.escape(value).encode()
    yield html.escape(value, quote=False).encode()
    yield value.lower().encode()
    yield value.upper().encode()


def _base64(source: bytes, beside: Form) -> Iterator[Form]:
    """The characters that the source alone decides, wherever in the encoded bytes it begins."""
    for offset in range(3):
        lead, bits = 8 * offset, 8 * (offset + len(source))
        first, last = -(-lead // 6), bits // 6
        # A byte beside the source reaches into two characters at most.
        before, after = (lead % 6 != 0) + 2 * beside.before, (bits % 6 != 0) + 2 * beside.after
        padded = bytes(offset) + source + bytes(2)
        for encode in (b64encode, urlsafe_b64encode):
            yield Form(encode(padded).decode()[first:last], before, after)
