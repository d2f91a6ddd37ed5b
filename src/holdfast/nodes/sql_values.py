"""Values between JSON and databases: rows as portable JSON, parameters as the types that a statement expects.

What JSON has no form for becomes text: decimals as digits, moments as RFC 3339 (UTC where a zone is known), lengths of
time in seconds (``90s``), bytes in base64, numbers that aren't finite or need more than 64 bits as their digits.
"""

import base64
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from holdfast.model.instant import SECOND, parse_duration
from holdfast.model.json import JSON, problems_of
from holdfast.nodes.node import as_text

_INT: Final = 1 << 63


class TooMuch(Exception):
    """The rows hold more than may be kept of them."""


class Rows:
    """Collects rows as objects, up to a number of rows and of characters."""

    def __init__(self, columns: Sequence[str], most: int, room: int) -> None:
        """Raises ``ValueError`` when two columns have the same name."""
        twice = sorted({name for name in columns if columns.count(name) > 1})
        if twice:
            raise ValueError(f"two columns have the name {twice[0]}: name one of them with AS")
        self.items: list[JSON] = []
        self.more = False
        self._columns = columns
        self._most = most
        self._room = room

    def add(self, values: Sequence[JSON]) -> bool:
        """Whether there is room for another row. Raises ``TooMuch``."""
        if len(self.items) == self._most:
            self.more = True
            return False
        self._room -= sum(_size(value) for value in values)
        if self._room < 0:
            raise TooMuch
        self.items.append(dict(zip(self._columns, values, strict=True)))
        return True


def _size(value: JSON) -> int:
    if isinstance(value, str):
        return len(value)
    return len(msgspec.json.encode(value)) if isinstance(value, dict | list) else 8


def portable(value: Any) -> JSON:
    """A database's value as JSON."""
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            return value if -_INT <= value < _INT else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime():
            moment = value if value.tzinfo is None else value.astimezone(UTC)
            return moment.isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return f"{value / timedelta(seconds=1):g}s"
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case list() | tuple() | set() | frozenset():
            return [portable(item) for item in value]
        case _:
            return _structure(value)


def _structure(value: Any) -> JSON:
    """A composite value as an object, a range as PostgreSQL writes it, anything else as text."""
    items = getattr(value, "items", None)
    if callable(items):
        return {str(name): portable(inner) for name, inner in items()}
    if hasattr(value, "as_string"):  # a string of bits
        return str(value.as_string())
    if hasattr(value, "lower_inc"):
        return "empty" if value.isempty else _range(value)
    return _text(str(value))


def _range(value: Any) -> str:
    lower, upper = ("" if end is None else str(portable(end)) for end in (value.lower, value.upper))
    return f"{'[' if value.lower_inc else '('}{lower},{upper}{']' if value.upper_inc else ')'}"


def _text(value: str) -> str:
    """Without what no JSON may hold."""
    return value if not problems_of(value) else value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def from_json_column(value: Any) -> JSON:
    """What a ``json`` column holds; text when it isn't portable."""
    if value is None:
        return None
    try:
        decoded: JSON = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return _text(str(value))
    return decoded if not problems_of(decoded) else _text(str(value))


def for_type(value: JSON, kind: str) -> Any:
    """A parameter as PostgreSQL's type ``kind`` wants it. Raises ``ValueError``, ``TypeError``."""
    if value is None:
        return None
    if kind.endswith("[]"):
        if not isinstance(value, list):
            raise TypeError
        return [for_type(item, kind[:-2]) for item in value]
    return _MAKERS.get(kind, _unchanged)(value)


def for_sqlite(value: JSON) -> str | int | float | None:
    """A parameter for SQLite, which has no type for lists and objects: their JSON."""
    return value if value is None or isinstance(value, str | int | float) else as_text(value)


def _whole(value: JSON) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value) if isinstance(value, int | float | str) else _refused()


def _decimal(value: JSON) -> Decimal:
    return Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else _refused()


def _moment(value: JSON) -> datetime:
    moment = datetime.fromisoformat(as_text(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _local_moment(value: JSON) -> datetime:
    return _moment(value).astimezone(UTC).replace(tzinfo=None)


def _length(value: JSON) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    return timedelta(seconds=parse_duration(as_text(value)) / SECOND)


def _bytes(value: JSON) -> bytes:
    return base64.b64decode(as_text(value), validate=True)


def _json(value: JSON) -> str:
    return msgspec.json.encode(value).decode()


def _unchanged(value: JSON) -> JSON:
    return value


def _refused() -> Any:
    raise TypeError


_MAKERS: Final[dict[str, Callable[[JSON], Any]]] = {
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext", "unknown"), as_text),
    **dict.fromkeys(("int2", "int4", "int8"), _whole),
    **dict.fromkeys(("float4", "float8"), lambda value: float(_decimal(value))),
    **dict.fromkeys(("json", "jsonb"), _json),
    "numeric": _decimal,
    "timestamptz": _moment,
    "timestamp": _local_moment,
    "date": lambda value: date.fromisoformat(as_text(value)[:10]),
    "time": lambda value: time.fromisoformat(as_text(value)),
    "interval": _length,
    "bytea": _bytes,
}
