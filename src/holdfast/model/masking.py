"""Masking: secrets' values taken out of what is written, whatever form they have there. Pure.

Each value, in each of its forms (``masked_forms``) and behind up to two layers of escapes (``unescaped``), is replaced
by ``‹secret NAME›``, in texts, in the keys and values of JSON, and in numbers that are made of a value's digits. A text
that was cut within a value loses that beginning of it as well. Values of fewer than four characters count only where
they are all of a text: they would be found everywhere. The time taken is linear in the text.
"""

import re
from collections.abc import Iterator, Mapping
from operator import is_
from typing import Final

from holdfast.model.json import JSON
from holdfast.model.masked_forms import SHORTEST, Form, forms_of
from holdfast.model.unescaped import WAYS, Span, Unescaped

_LAYERS: Final = 2
# A beginning of a value at the end of a text counts from so many characters; no text is cut later than that.
_CUT: Final = 8
_LONGEST_CUT: Final = 4_096
_OF_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]")


def label_of(name: str) -> str:
    """What stands in the place of a value."""
    return f"‹secret {name}›"


class Masker:
    """Masks the values of these secrets, by name. Without any it gives everything back as it is."""

    def __init__(self, values: Mapping[str, str]) -> None:
        named = sorted(values.items(), key=lambda item: -len(item[1]))
        self._whole = {value: label_of(name) for name, value in reversed(named) if value}
        long = [(name, value) for name, value in named if len(value) >= SHORTEST]
        self._forms = [(form, label_of(name)) for name, value in long for form in forms_of(value)]
        self._values = [(value, label_of(name)) for name, value in long]
        self._has_space = any(" " in value for _, value in long)

    def text(self, text: str) -> str:
        """The text without any of the values."""
        whole = self._whole.get(text)
        if whole is not None:
            return whole
        if len(text) < SHORTEST or not self._forms:
            return text
        return self._without_cut(_replaced(text, list(self._found(text, _LAYERS))))

    def json(self, value: JSON) -> JSON:
        """The value without any of the secrets'; the same object where nothing was found."""
        if not self._whole:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            items = [self.json(item) for item in value]
            return value if all(map(is_, items, value)) else items
        return self._number(value)

    def holds(self, value: JSON) -> bool:
        """Whether any of the values is in it."""
        return self.json(value) is not value

    def _object(self, value: dict[str, JSON]) -> JSON:
        masked = {self.text(key): self.json(inner) for key, inner in value.items()}
        same = len(masked) == len(value) and all(key in masked and masked[key] is value[key] for key in value)
        return value if same else masked

    def _number(self, value: JSON) -> JSON:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        told = str(value)
        masked = self.text(told)
        return value if masked == told else masked

    def _found(self, text: str, layers: int) -> Iterator[tuple[Span, str]]:
        """Where values stand, in no order; spans may lie over each other."""
        for form, label in self._forms:
            for begin in _places(text, form.text):
                yield _widened(text, begin, form), label
        for way in WAYS if layers else ():
            if way.sign in text and (way.sign != "+" or self._has_space):
                read = Unescaped(text, way)
                if read.text != text:
                    yield from ((read.written(span), label) for span, label in self._found(read.text, layers - 1))

    def _without_cut(self, text: str) -> str:
        """Without the beginning of a value that the text may end with, where it was cut."""
        for value, label in self._values:
            most = min(len(value) - 1, len(text), _LONGEST_CUT)
            for length in range(most, _CUT - 1, -1):
                if value[length - 1] == text[-1] and text.endswith(value[:length]):
                    return text[:-length] + label
        return text


def _places(text: str, wanted: str) -> Iterator[int]:
    """Where it stands; of two that lie over each other the first."""
    begin = text.find(wanted)
    while begin >= 0:
        yield begin
        begin = text.find(wanted, begin + len(wanted))


def _widened(text: str, begin: int, form: Form) -> Span:
    """The span with the characters beside it that hold bits of the value."""
    end = begin + len(form.text)
    least, most = begin - form.before, end + form.after
    while begin > max(least, 0) and _OF_BASE64.match(text[begin - 1]):
        begin -= 1
    while end < min(most, len(text)) and _OF_BASE64.match(text[end]):
        end += 1
    return begin, end


def _replaced(text: str, found: list[tuple[Span, str]]) -> str:
    """The text with each span replaced; of several that lie over each other the longest gives the label."""
    if not found:
        return text
    parts: list[str] = []
    done = 0
    for begin, end, label in _joined(found):
        parts += (text[done:begin], label)
        done = end
    return "".join((*parts, text[done:]))


def _joined(found: list[tuple[Span, str]]) -> Iterator[tuple[int, int, str]]:
    ordered = sorted((begin, -end, label) for (begin, end), label in found)
    begin, end, label = ordered[0][0], -ordered[0][1], ordered[0][2]
    longest = end - begin
    for start, minus_stop, named in ordered[1:]:
        stop = -minus_stop
        if start >= end:
            yield begin, end, label
            begin, end, label, longest = start, stop, named, stop - start
            continue
        if stop - start > longest:
            label, longest = named, stop - start
        end = max(end, stop)
    yield begin, end, label
