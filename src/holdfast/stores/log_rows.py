"""Lines that attempts logged, as rows."""

from collections.abc import Iterable
from typing import Any, Final

from holdfast.model.log_line import LogLine
from holdfast.stores.codec import bad_cursor, decode_cursor, decode_object

_MOST: Final = 1 << 31


def log_line(row: Iterable[Any]) -> LogLine:
    """Of a row with the columns in the order of the line's fields."""
    *given, fields = row
    return LogLine._make((*given, decode_object(fields)))


def place_of(cursor: str | None) -> tuple[int, int]:
    """The lease and the number of the last line that was shown. Raises ``Invalid``."""
    if cursor is None:
        return -1, -1
    lease, number = decode_cursor(cursor, int, int)
    if not all(isinstance(one, int) and 0 <= one < _MOST for one in (lease, number)):
        raise bad_cursor()
    return int(lease), int(number)
