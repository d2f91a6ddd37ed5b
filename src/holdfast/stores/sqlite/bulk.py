"""Many rows in few statements.

Python's driver gives up the interpreter lock around every step, so a thousand single-row statements compete a thousand
times with a busy event loop. Rows therefore travel as ``VALUES`` lists of a few fixed lengths (each text is prepared
once and cached), and ids as one JSON array. To bind a value costs as much as to store it, so a column that is the same
in all rows, as most are in a batch of jobs, is bound once.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from holdfast.stores.codec import encode

# From the longest. What is bound stays far below SQLite's 32,766 parameters, and a prepared text stays small.
_LENGTHS: Final = (500, 128, 32, 8, 1)
_MOST_BOUND: Final = 4096


def write_rows(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """As ``write_columns``, from rows."""
    if rows:
        write_columns(db, statement, list(zip(*rows, strict=True)))


def write_columns(db: sqlite3.Connection, statement: str, columns: Sequence[Sequence[object]]) -> None:
    """Runs ``statement``, whose ``{rows}`` stands for a SELECT of ``column1`` to ``columnN``, over all rows that these
    columns make, in order. The first column is never taken for one that is the same in all.
    """
    count = len(columns[0])
    varying = tuple(n for n, column in enumerate(columns) if n == 0 or not is_constant(column))
    bound = [columns[n] for n in varying]
    same = [column[0] for n, column in enumerate(columns) if n not in varying] if count else []
    start = 0
    for length in _LENGTHS:
        if length * len(varying) > _MOST_BOUND:
            continue
        while count - start >= length:
            text = _with_rows(statement, length, len(columns), varying)
            values = zip(*(column[start : start + length] for column in bound), strict=True)
            db.execute(text, [*same, *chain.from_iterable(values)])
            start += length


def is_constant(column: Sequence[object]) -> bool:
    return len(column) > 0 and column[0] == column[-1] and column.count(column[0]) == len(column)


@lru_cache(maxsize=512)
def _with_rows(statement: str, length: int, width: int, varying: tuple[int, ...]) -> str:
    places = {number: place for place, number in enumerate(varying, start=1)}
    shown = (f"v.column{places[n]}" if n in places else "?" for n in range(width))
    names = ", ".join(f"{value} AS column{n}" for n, value in enumerate(shown, start=1))
    row = "(" + ", ".join("?" * len(varying)) + ")"
    # Without WHERE, ON CONFLICT would be read as a join's condition.
    return statement.replace("{rows}", f"SELECT {names} FROM (VALUES {', '.join([row] * length)}) AS v WHERE true")


def id_list(ids: Iterable[str]) -> str:
    """For ``IN (SELECT value FROM json_each(?))``."""
    return encode(list(ids))
