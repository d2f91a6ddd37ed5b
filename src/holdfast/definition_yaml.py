"""YAML text read as the same document that JSON would give.

Scalars follow YAML 1.2's core schema: only ``true`` and ``false`` are booleans (``on:`` is a key like any other), dates
stay text. Built from libyaml's events with a stack of our own, so that neither depth nor aliases can exhaust the
process: nesting is bounded, and so is what aliases repeat. A key that stands twice, a key that isn't text, a tag of
its own and a second document are refused. Every problem names line and column.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from holdfast.model.json import JSON, MAX_DEPTH
from holdfast.strict_json import Malformed, check_portable, text_of

# How many values aliases may repeat in all: far above any use, far below a bomb.
MAX_REPEATED: Final = 10_000

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,40}", re.ASCII)
_OCTAL: Final = re.compile(r"0o[0-7]{1,40}", re.ASCII)
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{1,40}", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TEXT_TAG: Final = "tag:yaml.org,2002:str"


def read_yaml(data: bytes | str) -> JSON:
    """The document of a YAML text. Raises ``Malformed`` (line, column) or ``Invalid`` (paths)."""
    text = data if isinstance(data, str) else text_of(data)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _at(error.problem_mark, error.problem or "not YAML") from None
    except yaml.YAMLError as error:
        raise Malformed(_first_line(str(error)), _TITLE) from None
    check_portable(builder.document)
    return builder.document


_TITLE: Final = "The YAML can't be read"


@dataclass(slots=True)
class _Open:
    """A list or mapping that isn't closed yet; ``size`` counts the values in it, aliases' repetitions included."""

    value: list[JSON] | dict[str, JSON]
    anchor: str | None
    key: str | None = None
    size: int = 1


@dataclass(slots=True)
class _Builder:
    """Takes events in order and holds the document that they make."""

    document: JSON = None
    documents: int = 0
    repeated: int = 0
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[JSON, int]] = field(default_factory=dict)

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._start(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._document(event)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _at(event.start_mark, "a second document; give one document only")

    def _start(self, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _at(event.start_mark, f"nested deeper than {MAX_DEPTH} levels")
        if self._awaits_key():
            raise _at(event.start_mark, "a key must be text")
        if event.tag is not None and not event.implicit:
            raise _at(event.start_mark, f"the tag {event.tag} is not known here")
        value: list[JSON] | dict[str, JSON] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(value, event.anchor))

    def _end(self, event: Any) -> None:
        closed = self.stack.pop()
        self._place(closed.value, closed.size, closed.anchor, event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise _at(event.start_mark, f"the alias *{event.anchor} names nothing that is complete")
        value, size = self.anchors[event.anchor]
        self.repeated += size
        if self.repeated > MAX_REPEATED:
            raise _at(event.start_mark, f"aliases repeat more than {MAX_REPEATED} values")
        if self._awaits_key():
            raise _at(event.start_mark, "a key must be text, not an alias")
        self._place(value, size, None, event)

    def _scalar(self, event: Any) -> None:
        value = _resolved(event)
        if self._awaits_key():
            self._key(value, event)
        else:
            self._place(value, 1, event.anchor, event)

    def _awaits_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _key(self, key: JSON, event: Any) -> None:
        top = self.stack[-1]
        if not isinstance(key, str):
            raise _at(event.start_mark, f"the key {event.value[:100]} must be text: put it in quotes")
        if key in top.value:
            raise _at(event.start_mark, f"the key {key[:100]!r} stands twice in one mapping")
        top.key = key

    def _place(self, value: JSON, size: int, anchor: str | None, event: Any) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.stack:
            self.document = value
            return
        top = self.stack[-1]
        top.size += size
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key] = value
            top.key = None


def _resolved(event: Any) -> JSON:
    """The value of a scalar: text when it is quoted or tagged so, otherwise by its look."""
    text: str = event.value
    if event.tag is not None and event.tag not in ("!", _TEXT_TAG):
        raise _at(event.start_mark, f"the tag {event.tag} is not known here")
    if not event.implicit[0]:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return _number(text, event)


def _number(text: str, event: Any) -> JSON:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEX.fullmatch(text):
        return int(text[2:], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        raise _at(event.start_mark, f"{text} is not a finite number")
    return text


def _at(mark: Any, message: str) -> Malformed:
    place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
    return Malformed(place + message, _TITLE)


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "not YAML"
