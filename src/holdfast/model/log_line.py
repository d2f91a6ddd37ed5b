"""A line that the code of an attempt logged, and how much of what it logs is kept.

An attempt's lines are numbered. ``Quota`` bounds them: from the first line that doesn't fit on, all are left out and
counted, so that what is kept is the beginning without gaps; one last line says how many were left out.
"""

from typing import Final, NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.json import JSONObject

MOST_LINES: Final = 200
MOST_BYTES: Final = 64 * 1024
LONGEST_MESSAGE: Final = 4 * 1024
# Of the fields as JSON.
LONGEST_FIELDS: Final = 4 * 1024


class Logged(NamedTuple):
    """A line as the code logged it, and about how many bytes it takes to keep it."""

    level: str
    message: str
    fields: JSONObject
    size: int


class LogLine(NamedTuple):
    """``lease`` tells attempts apart that have the same number: one that was given back doesn't use its number up."""

    job_id: str
    tenant: str
    lease: int
    attempt: int
    number: int
    at: Instant
    level: str
    message: str
    fields: JSONObject


class Quota:
    """What one attempt may still log."""

    def __init__(self) -> None:
        self.lines = 0
        self.left_out = 0
        self._bytes = 0

    def take(self, size: int) -> int | None:
        """The number of a line of so many bytes, or None when it is left out."""
        if self.left_out or self.lines >= MOST_LINES or self._bytes + size > MOST_BYTES:
            self.left_out += 1
            return None
        self._bytes += size
        self.lines += 1
        return self.lines

    def last_words(self) -> str | None:
        """The line that ends them, if any was left out."""
        if not self.left_out:
            return None
        lines = "1 more line was" if self.left_out == 1 else f"{self.left_out} more lines were"
        return f"{lines} left out: of an attempt, {MOST_LINES} lines and {MOST_BYTES // 1024} KiB are kept"


def cut(message: str) -> str:
    """A message at its longest, in bytes of UTF-8, with nothing in it that can't be kept."""
    text = message.replace("\0", "\\x00")
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= LONGEST_MESSAGE:
        return data.decode()
    return data[: LONGEST_MESSAGE - 3].decode("utf-8", "ignore") + "…"
