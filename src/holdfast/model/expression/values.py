"""The values of the expression language that plain JSON lacks, and the names of all types.

JSON data stays what it is: dict, list, str, int, float, bool, None. An expression adds `UInt`,
`Timestamp`, `Duration`, bytes and types. Containers that an expression makes are `MadeList` and
`MadeMap`, so that a result can be told apart from referenced data, which is never copied. Nothing
here reads attributes of foreign objects: a value of any other class is `unsupported`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Final

from .errors import Fault

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**64 - 1
NANOS: Final = 1_000_000_000
TIMESTAMP_MIN: Final = -62_135_596_800 * NANOS
TIMESTAMP_MAX: Final = 253_402_300_800 * NANOS - 1
DURATION_MAX: Final = 315_576_000_000 * NANOS


class UInt(int):
    """An unsigned 64-bit integer; it equals and hashes as the int of the same size."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A moment in nanoseconds since 1970 UTC, between the years 1 and 9999."""

    nanos: int

    def __post_init__(self) -> None:
        if not TIMESTAMP_MIN <= self.nanos <= TIMESTAMP_MAX:
            raise Fault("overflow", "the timestamp is out of range (years 1 to 9999)")


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A signed span in nanoseconds of at most about 10,000 years."""

    nanos: int

    def __post_init__(self) -> None:
        if not -DURATION_MAX <= self.nanos <= DURATION_MAX:
            raise Fault("overflow", "the duration is out of range")


@dataclass(frozen=True, slots=True)
class TypeValue:
    """The type of a value, as `type()` gives it."""

    name: str


class MadeList(list[object]):
    """A list that the expression made."""

    __slots__ = ()


class MadeMap(dict[object, object]):
    """A map that the expression made; its keys went through `map_key`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BoolKey:
    """A bool as a key: Python would take True for 1, the expression language doesn't."""

    value: bool


TRUE_KEY: Final = BoolKey(True)
FALSE_KEY: Final = BoolKey(False)
LISTS: Final = (list, tuple)
NUMBERS: Final = frozenset({int, UInt, float})

_NAMES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    NoneType: "null_type",
    list: "list",
    MadeList: "list",
    tuple: "list",
    dict: "map",
    MadeMap: "map",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    TypeValue: "type",
}
TYPE_NAMES: Final = frozenset(_NAMES.values())


def type_name(value: object) -> str:
    """The name of a value's type; `unsupported` for what the language can't hold."""
    name = _NAMES.get(type(value))
    if name is None:
        return "map" if isinstance(value, Mapping) else "unsupported"
    return name


def shown(value: object) -> str:
    """The type's name as messages say it."""
    return {
        "null_type": "null",
        "google.protobuf.Timestamp": "timestamp",
        "google.protobuf.Duration": "duration",
    }.get(name := type_name(value), name)


def map_key(value: object) -> object:
    """A value as a key of a dict: bools are wrapped, anything but a key type is a fault."""
    kind = type(value)
    if kind is str or kind is int or kind is UInt:
        return value
    if kind is bool:
        return TRUE_KEY if value else FALSE_KEY
    if kind is float and value == value:
        return value  # equals and hashes as the int of the same size; NaN equals nothing
    raise Fault("type", f"a map has no keys of type {shown(value)}")


def keys(mapping: Mapping[object, object]) -> Iterator[object]:
    """The keys as values of the language, in their order."""
    for key in mapping:
        yield key.value if type(key) is BoolKey else key
