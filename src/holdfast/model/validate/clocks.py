"""Reading a clock: cron, every or at, with bounds, jitter and misfire policy."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from holdfast.model.instant import DAY, LATEST, SECOND, Instant, parse_instant
from holdfast.model.trigger import ClockSpec, Misfire
from holdfast.model.validate.fields import Fields
from holdfast.model.zones import instant_of, is_imaginary, unknown_zone, zone_of

KEYS: Final = ("timezone", "starts_at", "ends_at", "jitter", "misfire", "misfire_limit")
MOST_MISFIRES: Final = 10_000
_LONGEST_CRON: Final = 1_000
_DATE: Final = len("2026-01-31")
_MISFIRES: Final[tuple[Misfire, ...]] = ("skip", "once", "all")


def read_clock(fields: Fields, kind: str) -> ClockSpec:
    """The clock, with defaults in the place of what is missing or wrong. Its cron expression is not judged here."""
    fields.require(kind)
    zone = _zone(fields)
    default = ClockSpec()
    spec = ClockSpec(
        cron=fields.text("cron", limit=_LONGEST_CRON) if kind == "cron" else None,
        every=fields.duration("every", 0, least=SECOND) or None if kind == "every" else None,
        at=_moment(fields, "at", zone) if kind == "at" else None,
        timezone=default.timezone if zone is None else zone.key,
        starts_at=_moment(fields, "starts_at", zone),
        ends_at=_moment(fields, "ends_at", zone),
        jitter=fields.duration("jitter", default.jitter, most=DAY),
        misfire=fields.choice("misfire", _MISFIRES, default.misfire),
        misfire_limit=fields.integer("misfire_limit", default.misfire_limit, 1, MOST_MISFIRES),
    )
    _check_bounds(fields, spec)
    return spec


def _check_bounds(fields: Fields, spec: ClockSpec) -> None:
    if spec.starts_at is not None and spec.ends_at is not None and spec.ends_at < spec.starts_at:
        fields.add("ends_at", "lies before starts_at: the trigger would never fire")
    elif spec.at is not None and not (spec.starts_at or 0) <= spec.at <= (spec.ends_at or LATEST):
        fields.add("at", "lies outside of starts_at and ends_at: the trigger would never fire")
    if spec.misfire != "all" and "misfire_limit" in fields:
        fields.add("misfire_limit", "needs misfire: all, whose fires it bounds")


def _zone(fields: Fields) -> ZoneInfo | None:
    """The zone that is named; None when there is none, or none of that name."""
    name = fields.text("timezone")
    zone = zone_of(name)
    if zone is None and isinstance(fields.raw("timezone"), str):
        fields.add("timezone", unknown_zone(name))
    return zone


def _moment(fields: Fields, key: str, zone: ZoneInfo | None) -> Instant | None:
    """A time with an offset, or one without that the trigger's zone gives a meaning."""
    given = fields.raw(key)
    if not isinstance(given, str):
        if key in fields:
            fields.text(key)  # tells what it is instead of text
        return None
    local = _local(given)
    try:
        if local is None:
            return parse_instant(given)
        if zone is None:
            raise ValueError("the time needs an offset, such as Z or +01:00, or a timezone beside it")
        return _local_instant(local, zone)
    except ValueError as error:
        fields.add(key, str(error))
        return None


def _local(text: str) -> datetime | None:
    """A time that says no offset; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is None and len(text) > _DATE else None


def _local_instant(local: datetime, zone: ZoneInfo) -> Instant:
    if not datetime(1970, 1, 2) <= local <= datetime(9999, 12, 29):  # noqa: DTZ001 — both are local
        raise ValueError("the time must lie between 1970 and 9999")
    if is_imaginary(local, zone):
        raise ValueError(f"the clocks of {zone.key} go forward over that time; give one that exists, or an offset")
    return instant_of(local, zone)
