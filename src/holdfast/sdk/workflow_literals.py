"""Values and calls as Python source: on one line while that is short, otherwise one item a line."""

import json
import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_WIDTH: Final = 110
_STEP: Final = 4


@dataclass(frozen=True, slots=True)
class Name:
    """A variable where a value could stand."""

    text: str


Argument = tuple[str | None, Any]


def arguments(fields: Mapping[str, Any]) -> list[Argument]:
    """Keyword arguments; all of them in ``**{…}`` as soon as one isn't a name."""
    if all(is_name(key) for key in fields):
        return list(fields.items())
    return [("**", dict(fields))]


def is_name(text: str) -> bool:
    """Whether ``text`` can be the name of a keyword argument, and means itself there."""
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text)


def call(head: str, given: Iterable[Argument]) -> str:
    """``head(…)``; ``head`` may end a call of several lines."""
    args = list(given)
    used = len(head.rpartition("\n")[2])
    flat = f"({', '.join(_labelled(name, _flat(value)) for name, value in args)})"
    if used + len(flat) <= _WIDTH:
        return head + flat
    lines = [
        f"{' ' * _STEP}{_labelled(name, literal(value, _STEP, len(_labelled(name, ''))))}," for name, value in args
    ]
    return "\n".join([f"{head}(", *lines, ")"])


def literal(value: Any, indent: int = 0, used: int = 0) -> str:
    """A JSON value that begins ``used`` places after ``indent``."""
    flat = _flat(value)
    if indent + used + len(flat) < _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = indent + _STEP
    if isinstance(value, dict):
        keys = [f"{_text(key)}: " for key in value]
        items = [key + literal(each, inner, len(key)) for key, each in zip(keys, value.values(), strict=True)]
    else:
        items = [literal(each, inner) for each in value]
    first, last = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([first, *(f"{' ' * inner}{item}," for item in items), f"{' ' * indent}{last}"])


def _labelled(name: str | None, text: str) -> str:
    if name is None:
        return text
    return f"**{text}" if name == "**" else f"{name}={text}"


def _flat(value: Any) -> str:
    match value:
        case Name():
            return value.text
        case str():
            return _text(value)
        case dict():
            return f"{{{', '.join(f'{_text(key)}: {_flat(each)}' for key, each in value.items())}}}"
        case list():
            return f"[{', '.join(_flat(each) for each in value)}]"
        case _:
            return repr(value)


def _text(value: str) -> str:
    """A string in double quotes, or in single ones where that spares escapes; what can't be seen is escaped."""
    quoted = json.dumps(value, ensure_ascii=False)
    if '"' in value and "'" not in value:
        quoted = "'" + quoted[1:-1].replace('\\"', '"') + "'"
    return "".join(char if char.isprintable() else _escaped(char) for char in quoted)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
