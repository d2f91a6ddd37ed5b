"""Timestamps and durations: their texts, and the parts that a calendar or a clock shows.

Texts are RFC 3339 (`2026-03-01T07:00:00.5Z`) and counts with units (`1h30m`, `-1.5s`; written back
as seconds, `5400s`). Calendar parts take an IANA zone name or an offset (`+02:00`), UTC when none
is given. The zone database counts as a constant table. Faults: `invalid`, `overflow`, `type`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from .budget import Budget
from .errors import Fault
from .values import NANOS, Duration, Timestamp, shown

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_SPAN: Final = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?(?:ns|us|µs|ms|s|m|h))+")
_SPAN_PART: Final = re.compile(r"([0-9]+)(?:\.([0-9]*))?(ns|us|µs|ms|s|m|h)")
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": NANOS,
    "m": 60 * NANOS,
    "h": 3600 * NANOS,
}
_OFFSET: Final = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,3}")
_LONGEST: Final = 64
_ZONE_STEPS: Final = 50
"""A zone that isn't cached is read and parsed: about 100 µs."""


def parse_timestamp(text: str) -> Timestamp:
    match = _RFC3339.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        hint = "write it as 2026-03-01T07:00:00Z"
        raise Fault("invalid", "the text is no RFC 3339 timestamp", hint=hint)
    if text.startswith("0000"):
        raise Fault("overflow", "the timestamp is out of range (years 1 to 9999)")
    try:
        local = datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00")
    except ValueError:
        raise Fault("invalid", "the timestamp names no real date or time") from None
    span = local - _EPOCH
    seconds = span.days * 86_400 + span.seconds - _offset_seconds(match[4], match[5], match[6])
    return Timestamp(seconds * NANOS + int((match[3] or "0").ljust(9, "0")))


def _offset_seconds(sign: str | None, hours: str | None, minutes: str | None) -> int:
    if hours is None or minutes is None:
        return 0
    if int(hours) > 23 or int(minutes) > 59:
        raise Fault("invalid", "the offset from UTC is out of range")
    seconds = int(hours) * 3600 + int(minutes) * 60
    return -seconds if sign == "-" else seconds


def format_timestamp(moment: Timestamp) -> str:
    seconds, nanos = divmod(moment.nanos, NANOS)
    whole = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
    return f"{whole}{_fraction(nanos)}Z"


def _fraction(nanos: int) -> str:
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def parse_duration(text: str) -> Duration:
    if text in ("0", "+0", "-0"):
        return Duration(0)
    if len(text) > _LONGEST or _SPAN.fullmatch(text) is None:
        raise Fault("invalid", "the text is no duration", hint="write it as 90s, 1h30m or 500ms")
    nanos = sum(_part_nanos(*part) for part in _SPAN_PART.findall(text))
    return Duration(-nanos if text.startswith("-") else nanos)


def _part_nanos(whole: str, fraction: str, unit: str) -> int:
    size = _UNITS[unit]
    return int(whole) * size + (int(fraction) * size // 10 ** len(fraction) if fraction else 0)


def format_duration(span: Duration) -> str:
    seconds, nanos = divmod(abs(span.nanos), NANOS)
    return f"{'-' if span.nanos < 0 else ''}{seconds}{_fraction(nanos)}s"


# -- parts

Part = Callable[[Budget, object, object], int]


def _zone(budget: Budget, name: object) -> tzinfo:
    if name is None:
        return UTC
    if not isinstance(name, str):
        raise Fault("type", f"a time zone is a string, not {shown(name)}")
    offset = _OFFSET.fullmatch(name) if len(name) <= _LONGEST else None
    if offset is not None:
        return timezone(timedelta(seconds=_offset_seconds(*offset.groups())))
    return UTC if name == "UTC" else _named_zone(budget, name)


def _named_zone(budget: Budget, name: str) -> tzinfo:
    budget.charge(_ZONE_STEPS)
    try:
        if len(name) <= _LONGEST and _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        pass
    raise Fault("invalid", "unknown time zone", hint="write it as Europe/Berlin or +02:00")


def _civil(budget: Budget, moment: Timestamp, zone: object) -> datetime:
    try:
        local = _EPOCH + timedelta(seconds=moment.nanos // NANOS)
        return local.astimezone(_zone(budget, zone))
    except OverflowError:
        raise Fault("overflow", "the timestamp is out of range in that time zone") from None


def _calendar(read: Callable[[datetime], int]) -> Part:
    def part(budget: Budget, moment: object, zone: object) -> int:
        if not isinstance(moment, Timestamp):
            raise _no_part("a date", moment)
        return read(_civil(budget, moment, zone))

    return part


def _clock(read: Callable[[datetime], int], span_unit: int) -> Part:
    """A part that a duration has too: all of it, counted in whole units."""

    def part(budget: Budget, moment: object, zone: object) -> int:
        if isinstance(moment, Timestamp):
            return read(_civil(budget, moment, zone))
        if not isinstance(moment, Duration) or zone is not None:
            raise _no_part("a time", moment)
        count = abs(moment.nanos) // span_unit
        return -count if moment.nanos < 0 else count

    return part


def _milliseconds(budget: Budget, moment: object, zone: object) -> int:
    if isinstance(moment, Timestamp):
        _zone(budget, zone)
        return moment.nanos % NANOS // 1_000_000
    if not isinstance(moment, Duration) or zone is not None:
        raise _no_part("a time", moment)
    count = abs(moment.nanos) % NANOS // 1_000_000
    return -count if moment.nanos < 0 else count


def _no_part(what: str, value: object) -> Fault:
    hint = "convert the text with timestamp()" if isinstance(value, str) else None
    return Fault("type", f"{shown(value)} has no such part of {what}", hint=hint)


PARTS: Final[dict[str, Part]] = {
    "getFullYear": _calendar(lambda local: local.year),
    "getMonth": _calendar(lambda local: local.month - 1),
    "getDate": _calendar(lambda local: local.day),
    "getDayOfMonth": _calendar(lambda local: local.day - 1),
    "getDayOfWeek": _calendar(lambda local: local.isoweekday() % 7),
    "getDayOfYear": _calendar(lambda local: local.timetuple().tm_yday - 1),
    "getHours": _clock(lambda local: local.hour, 3600 * NANOS),
    "getMinutes": _clock(lambda local: local.minute, 60 * NANOS),
    "getSeconds": _clock(lambda local: local.second, NANOS),
    "getMilliseconds": _milliseconds,
}
