"""Many rows in few statements.

Python's driver gives up the interpreter lock around every step, so a thousand single-row statements compete a thousand
times with a busy event loop. Rows therefore travel as ``VALUES`` lists of a few fixed lengths (each text is prepared
once and cached), and ids as one JSON array.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from holdfast.stores.codec import encode

# 128 rows of 27 columns stay far below SQLite's 32,766 parameters.
_LENGTHS: Final = (128, 32, 8, 1)


def write_rows(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Runs ``statement``, whose ``{rows}`` stands for a VALUES list, over all rows, in order."""
    start = 0
    for length in _LENGTHS:
        while len(rows) - start >= length:
            text = _with_rows(statement, length, len(rows[start]))
            db.execute(text, [value for row in rows[start : start + length] for value in row])
            start += length


@lru_cache(maxsize=256)
def _with_rows(statement: str, length: int, width: int) -> str:
    row = "(" + ", ".join("?" * width) + ")"
    return statement.replace("{rows}", "VALUES " + ", ".join([row] * length))


def id_list(ids: Iterable[str]) -> str:
    """For ``IN (SELECT value FROM json_each(?))``."""
    return encode(list(ids))
