"""Texts of users on a terminal: control characters are shown, as a sign each, and control nothing.

A terminal obeys what stands in an error, a name or a line of a log as if it were ours: it moves its cursor, takes
another title, answers for its user. Lines and tabs stay.
"""

import json
from typing import Any, Final

_C1: Final = range(0x80, 0xA0)
_SIGNS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "␡",
    **dict.fromkeys(_C1, "\ufffd"),
}
_ESCAPED: Final = {code: f"\\u{code:04x}" for code in (0x7F, *_C1)}


def visible(text: str) -> str:
    """The text with a sign in place of each character that a terminal would obey."""
    return text if text.isprintable() else text.translate(_SIGNS)


def document(value: Any, indent: int | None = None) -> str:
    """A JSON document; what JSON itself doesn't escape of these characters is escaped, which changes no value."""
    return json.dumps(value, ensure_ascii=False, indent=indent).translate(_ESCAPED)
