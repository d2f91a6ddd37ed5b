"""Lengths of time as people write them in Python: ``"5m"``, seconds as a number, or a timedelta."""

from datetime import timedelta
from typing import Final

from holdfast.model.instant import DAY, Micros, format_duration, parse_duration

Duration = str | float | timedelta
LONGEST: Final[Micros] = 3_650 * DAY


def micros_of(given: Duration, what: str = "a delay") -> Micros:
    """Raises ``ValueError`` for what isn't a length of time, is negative or longer than ten years."""
    if isinstance(given, str):
        return parse_duration(given)
    if isinstance(given, timedelta):
        micros = given // timedelta(microseconds=1)
    elif isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= LONGEST:  # not NaN either
        micros = round(given * 1_000_000)
    else:
        raise ValueError(f"{what} is a text such as 5m, a number of seconds or a timedelta")
    if not 0 <= micros <= LONGEST:
        raise ValueError(f"{what} must not be negative, and is at most {format_duration(LONGEST)}")
    return micros
