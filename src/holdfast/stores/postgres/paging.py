"""Cursors of lists that are ordered by id or by name."""

from holdfast.model.ids import is_id
from holdfast.stores.codec import bad_cursor, decode_cursor


def id_after(cursor: str | None) -> str | None:
    """The id that a page ended with. Raises ``Invalid``."""
    if cursor is None:
        return None
    found = decode_cursor(cursor, str)[0]
    if not isinstance(found, str) or not is_id(found):
        raise bad_cursor()
    return found


def text_after(cursor: str | None) -> str | None:
    """The text that a page ended with. Raises ``Invalid``."""
    if cursor is None:
        return None
    found = str(decode_cursor(cursor, str)[0])
    if "\0" in found:
        raise bad_cursor()
    return found


def number_after(cursor: str | None) -> int | None:
    """The number that a page ended with. Raises ``Invalid``."""
    if cursor is None:
        return None
    found = decode_cursor(cursor, int)[0]
    if not isinstance(found, int) or not -(1 << 31) <= found < 1 << 31:
        raise bad_cursor()
    return found
