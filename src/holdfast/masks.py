"""The secrets that the attempt around the running code has read, so that nothing it writes holds one.

A context variable, as in ``log_capture``: it goes along into tasks that the attempt starts and into threads that copy
the context. Whoever cuts texts (``failures``, ``log_capture``) masks before: half a value is found by nobody.
"""

from contextvars import ContextVar
from typing import Final

from holdfast.model.json import JSON
from holdfast.model.masking import Masker


class Masks:
    """The values that one attempt has read, by name. Used from the event loop and from the attempt's threads."""

    __slots__ = ("_masker", "_values")

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._masker: Masker | None = None

    def add(self, name: str, value: str) -> None:
        """From now on the value is masked, as that of the secret ``name``."""
        if self._values.get(name) != value:
            self._values = {**self._values, name: value}
            self._masker = None

    def text(self, text: str) -> str:
        return self._current().text(text) if self._values else text

    def json(self, value: JSON) -> JSON:
        """The value without secrets; the same object where none was found."""
        return self._current().json(value) if self._values else value

    def __bool__(self) -> bool:
        return bool(self._values)

    def _current(self) -> Masker:
        masker = self._masker
        if masker is None:
            masker = self._masker = Masker(self._values)
        return masker


current: Final[ContextVar[Masks | None]] = ContextVar("masks", default=None)


def masked(text: str) -> str:
    """The text without the secrets of the attempt that is at work here."""
    masks = current.get()
    return text if masks is None else masks.text(text)
