"""Time as the engine keeps it: an ``Instant`` is microseconds since the Unix epoch, UTC, as an ``int``.

Integers are the same in both stores, compare and subtract without time-zone questions, and cost nothing to decode.
Text (RFC 3339, durations such as ``500ms`` or ``2d``) exists only at the edges, through the functions below.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

Instant = int  # microseconds since the epoch, UTC
Micros = int  # a length of time in microseconds

MILLISECOND: Final[Micros] = 1_000
SECOND: Final[Micros] = 1_000_000
MINUTE: Final[Micros] = 60 * SECOND
HOUR: Final[Micros] = 60 * MINUTE
DAY: Final[Micros] = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)", re.ASCII)
# The last moment that every consumer (datetime, JSON, both stores) can show: 9999-12-31T00:00:00Z.
LATEST: Final[Instant] = 253_402_214_400 * SECOND


def parse_duration(text: str) -> Micros:
    """Microseconds of ``500ms``, ``30s``, ``5m``, ``1.5h`` or ``2d``. Raises ``ValueError`` with the way out."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("expected a duration such as 500ms, 30s, 5m, 1h or 2d")
    micros = round(float(match[1]) * _UNITS[match[2]])
    if micros > 3_650 * DAY:
        raise ValueError("a duration is at most 3650d")
    return micros


def format_duration(micros: Micros) -> str:
    """The shortest exact text in one unit: ``90s``, ``1h``, ``1.5ms``."""
    for unit in ("d", "h", "m", "s"):
        if micros and micros % _UNITS[unit] == 0:
            return f"{micros // _UNITS[unit]}{unit}"
    whole, rest = divmod(micros, MILLISECOND)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".") + "ms"


def parse_instant(text: str) -> Instant:
    """The instant of an RFC 3339 text with an offset. Raises ``ValueError``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a time in RFC 3339, such as 2026-01-31T09:30:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("the time needs an offset, such as Z or +01:00")
    instant = (moment - _EPOCH) // timedelta(microseconds=1)
    if not 0 <= instant <= LATEST:
        raise ValueError("the time must lie between 1970 and 9999")
    return instant


# What is done together is told with the same time, many times over.
@lru_cache(maxsize=4096)
def format_instant(instant: Instant) -> str:
    """RFC 3339 in UTC with microseconds: ``2026-01-31T09:30:00.000000Z``."""
    moment = _EPOCH + timedelta(microseconds=instant)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
