"""Time zones by their IANA names. The zone database counts as a constant table.

A local time is *imaginary* when the clocks go forward over it, and *ambiguous* when they go back over it: it then comes
twice, and ``fold`` says which one is meant.
"""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from holdfast.model.instant import Instant

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_SHOWN: Final = 64


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(name: str) -> ZoneInfo | None:
    """The zone of that name; None when there is none."""
    return ZoneInfo(name) if name in _names() else None


def unknown_zone(name: str) -> str:
    """What to tell about a name that no zone has, with the nearest names."""
    near = _near(name)
    hint = f"did you mean {' or '.join(near)}?" if near else "give an IANA name such as Europe/Berlin, or UTC"
    return f'there is no time zone "{name[:_SHOWN]}"; {hint}'


def _near(name: str) -> list[str]:
    if not name or len(name) > _SHOWN:
        return []
    wanted = name.strip().replace(" ", "_").casefold()
    names = {known.casefold(): known for known in sorted(_names())}
    cities = [known for folded, known in names.items() if wanted in (folded, folded.rpartition("/")[2])]
    return cities[:3] or [names[folded] for folded in get_close_matches(wanted, names, n=2, cutoff=0.75)]


def local_of(instant: Instant, zone: ZoneInfo) -> datetime:
    """The local time, without its zone, and with its ``fold``. Raises ``OverflowError`` outside of years 1 to 9999."""
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone).replace(tzinfo=None)


def instant_of(local: datetime, zone: ZoneInfo) -> Instant:
    """The instant of a local time; of an imaginary one: by the offset before the change (after it with ``fold``)."""
    return (local.replace(tzinfo=zone) - _EPOCH) // _MICRO


def is_imaginary(local: datetime, zone: ZoneInfo) -> bool:
    return local_of(instant_of(local, zone), zone) != local


def is_ambiguous(local: datetime, zone: ZoneInfo) -> bool:
    return instant_of(local.replace(fold=0), zone) < instant_of(local.replace(fold=1), zone)
