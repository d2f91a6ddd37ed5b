"""The text of a cron expression: its grammar, and what is wrong with one that isn't in it.

Five fields (minute, hour, day of month, month, day of week) or six (the second first); names of months and days; lists,
ranges and steps. Days of the month: ``L`` the last, ``L-3`` the third before it, ``LW`` the last weekday, ``15W`` the
weekday nearest to the 15th in its month. Days of the week, 0 or 7 being Sunday: ``5L`` the last Friday, ``5#2`` the
second. ``?`` means ``*`` there. ``@daily`` and the like stand for a whole expression.

What is read is written again in the words of ``cronsim``, which knows neither ``15W`` nor ``L-3``: they are kept apart.
"""

import re
from dataclasses import dataclass
from typing import Final

ALIASES: Final = {
    "@YEARLY": "0 0 1 1 *",
    "@ANNUALLY": "0 0 1 1 *",
    "@MONTHLY": "0 0 1 * *",
    "@WEEKLY": "0 0 * * 0",
    "@DAILY": "0 0 * * *",
    "@MIDNIGHT": "0 0 * * *",
    "@HOURLY": "0 * * * *",
}
_SHOWN: Final = 40
_NUMBER: Final = re.compile(r"\d{1,4}", re.ASCII)
_NEAREST: Final = re.compile(r"(\d{1,4})W", re.ASCII)
_BEFORE_LAST: Final = re.compile(r"L-(\d{1,4})", re.ASCII)
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MOST_BEFORE_LAST: Final = 30


@dataclass(frozen=True, slots=True)
class _Kind:
    """A field: what it is called, its least and greatest value, and the names of its values."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_SECOND: Final = _Kind("second", 0, 59)
_MINUTE: Final = _Kind("minute", 0, 59)
_HOUR: Final = _Kind("hour", 0, 23)
_DAY: Final = _Kind("day of the month", 1, 31)
_MONTH: Final = _Kind("month", 1, 12, _MONTHS)
_WEEKDAY: Final = _Kind("day of the week", 0, 7, _DAYS)
_FIELDS: Final = (_SECOND, _MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)


@dataclass(frozen=True, slots=True)
class CronText:
    """An expression in order. ``fields`` are six, in ``cronsim``'s words.

    ``nearest`` and ``before_last`` are the days of the month that it doesn't know (``15W``, ``L-3``); an ``L`` that
    isn't meant holds their place (``placeholder``). ``both``: the day must fit both fields of days, else one of them.
    """

    fields: tuple[str, ...]
    nearest: frozenset[int] = frozenset()
    before_last: frozenset[int] = frozenset()
    placeholder: bool = False
    both: bool = True


def read_cron(text: str) -> CronText:
    """Raises ``ValueError`` with the field that is wrong, its rule and the way out."""
    upper = text.upper().strip()
    if upper.startswith("@"):
        upper = _alias(upper)
    parts = upper.split()
    if parts and "=" in parts[0]:
        raise ValueError("a setting can't stand in a cron expression; give the time zone as timezone")
    if len(parts) not in (5, 6):
        raise ValueError(_wrong_number(parts))
    fields = [_field(kind, part) for kind, part in zip(_FIELDS[-len(parts) :], parts, strict=True)]
    if len(fields) == 5:
        fields.insert(0, ["0"])
    both = fields[3][0].startswith("*") or fields[5][0].startswith("*")
    nearest = frozenset(int(found[1]) for term in fields[3] if (found := _NEAREST.fullmatch(term)))
    before = frozenset(int(found[1]) for term in fields[3] if (found := _BEFORE_LAST.fullmatch(term)))
    others = [term for term in fields[3] if not _NEAREST.fullmatch(term) and not _BEFORE_LAST.fullmatch(term)]
    placeholder = len(others) < len(fields[3]) and "L" not in others
    fields[3] = [*others, "L"] if placeholder else others
    return CronText(tuple(",".join(terms) for terms in fields), nearest, before, placeholder, both)


def _alias(text: str) -> str:
    if text in ALIASES:
        return ALIASES[text]
    if text == "@REBOOT":
        raise ValueError("@reboot is not a time; start the workflow through the API or an event instead")
    if text.startswith("@EVERY"):
        raise ValueError("for a plain interval, use a trigger of type every, such as every: 15m")
    raise ValueError(f'"{text[:_SHOWN].lower()}" is unknown; there are {", ".join(map(str.lower, ALIASES))}')


def _wrong_number(parts: list[str]) -> str:
    fields = "minute, hour, day of the month, month, day of the week"
    hint = "; a year can't be given: use starts_at and ends_at" if len(parts) == 7 else ""
    return f"expected 5 fields ({fields}) or 6 (the second first), not {len(parts)}{hint}"


def _field(kind: _Kind, text: str) -> list[str]:
    return [_term(kind, term) for term in text.split(",")]


def _term(kind: _Kind, term: str) -> str:
    if term == "":
        raise ValueError(f"the {kind.name} has an empty entry; write a list as 1,2,3")
    if kind is _DAY and (special := _day_term(term)):
        return special
    if kind is _WEEKDAY and (special := _weekday_term(term)):
        return special
    base, slash, step = term.partition("/")
    read = _base(kind, base)
    return f"{read}/{_step(kind, step)}" if slash else read


def _base(kind: _Kind, text: str) -> str:
    if text == "*" or (text == "?" and kind in (_DAY, _WEEKDAY)):
        return "*"
    first, dash, last = text.partition("-")
    if not dash:
        return str(_value(kind, text))
    low, high = _value(kind, first), _value(kind, last)
    if kind is _WEEKDAY and high == 0 < low:
        high = 7  # a week that ends on Sunday
    if high < low:
        top = 6 if kind is _WEEKDAY else kind.high
        hint = f"{low}-{top},{kind.low}-{high}"
        raise ValueError(f"the {kind.name} {_quoted(text)} runs backwards; write {hint}")
    return f"{low}-{high}"


def _value(kind: _Kind, text: str) -> int:
    if text in kind.names:
        return kind.names.index(text) + kind.low
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"the {kind.name} can't be {_quoted(text)}; {_allowed(kind)}")
    value = int(text)
    if not kind.low <= value <= kind.high:
        raise ValueError(f"the {kind.name} must lie in {kind.low}–{kind.high}, not {value}")
    return value


def _step(kind: _Kind, text: str) -> int:
    step = int(text) if _NUMBER.fullmatch(text) else 0
    if not 1 <= step <= kind.high:
        raise ValueError(f"a step of the {kind.name} must lie in 1–{kind.high}, not {_quoted(text)}")
    return step


def _day_term(term: str) -> str | None:
    """``L``, ``LW``, ``15W``, ``L-3``; None for what is none of these."""
    if term in ("L", "LW"):
        return term
    if term == "WL":
        return "LW"
    if found := _NEAREST.fullmatch(term):
        return f"{_value(_DAY, found[1])}W"
    if found := _BEFORE_LAST.fullmatch(term):
        if not 1 <= int(found[1]) <= _MOST_BEFORE_LAST:
            raise ValueError(f"the day of the month {_quoted(term)} must lie 1–{_MOST_BEFORE_LAST} days before L")
        return f"L-{int(found[1])}"
    return None


def _weekday_term(term: str) -> str | None:
    """``5L``, ``5#2``; None for what is none of these."""
    if term == "L":
        raise ValueError("the day of the week L needs a day: 5L is the last Friday of the month")
    if term.endswith("L"):
        return f"{_value(_WEEKDAY, term[:-1])}L"
    day, sharp, place = term.partition("#")
    if not sharp:
        return None
    if place not in ("1", "2", "3", "4", "5"):
        raise ValueError(f"the day of the week {_quoted(term)}: which one of the month must lie in 1–5, as in 5#2")
    return f"{_value(_WEEKDAY, day)}#{place}"


def _quoted(text: str) -> str:
    return f'"{text[:_SHOWN]}"'


def _allowed(kind: _Kind) -> str:
    names = f" or {kind.names[0]}–{kind.names[-1]}" if kind.names else ""
    special = {
        "day of the month": ", L, LW, L-3 or 15W",
        "day of the week": ", 5L (the last Friday) or 5#2 (the second)",
    }.get(kind.name, "")
    return f"give {kind.low}–{kind.high}{names}{special}, a list, a range, a step or *"
