"""Every function and macro of the language in words: for completion in editors, and for people.

A name that can be called both ways stands here twice. A test holds this list against the functions that there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Word:
    """One way to call a function. ``method``: it is written behind its first argument and a dot."""

    name: str
    signature: str
    description: str
    method: bool = False


def _methods(*words: tuple[str, str, str]) -> tuple[Word, ...]:
    return tuple(Word(name, signature, description, method=True) for name, signature, description in words)


def _plain(*words: tuple[str, str, str]) -> tuple[Word, ...]:
    return tuple(Word(name, signature, description) for name, signature, description in words)


_ZONE: Final = "in UTC, or in a time zone such as 'Europe/Berlin'"

MACROS: Final = (
    Word("has", "has(a.b) -> bool", "Whether the map a has the field b."),
    *_methods(
        ("all", "list.all(x, condition) -> bool", "Whether the condition holds for every element, or key of a map."),
        ("exists", "list.exists(x, condition) -> bool", "Whether it holds for at least one element."),
        ("exists_one", "list.exists_one(x, condition) -> bool", "Whether it holds for exactly one element."),
        ("filter", "list.filter(x, condition) -> list", "The elements for which the condition holds."),
        ("map", "list.map(x, value) -> list", "The value for each element; with a condition before it, for some."),
    ),
)

FUNCTIONS: Final = (
    *_plain(
        ("size", "size(value) -> int", "How many characters, bytes, elements or entries it has."),
        ("int", "int(value) -> int", "As a whole number; of a timestamp, its seconds since 1970."),
        ("uint", "uint(value) -> uint", "As a whole number without a sign."),
        ("double", "double(value) -> double", "As a number with a fraction."),
        ("string", "string(value) -> string", "As text."),
        ("bytes", "bytes(value) -> bytes", "The text's bytes in UTF-8."),
        ("bool", "bool(value) -> bool", "The texts true and false as their value."),
        ("timestamp", "timestamp(value) -> timestamp", "A time, from RFC 3339 text or from seconds since 1970."),
        ("duration", "duration(text) -> duration", "A length of time, such as duration('1h30m')."),
        ("type", "type(value) -> type", "The value's type, to compare with int, string, list or map."),
        ("dyn", "dyn(value) -> value", "The value itself; allowed for CEL written elsewhere."),
        ("strings.quote", "strings.quote(text) -> string", "The text in quotation marks, with its escapes."),
        ("base64.encode", "base64.encode(bytes) -> string", "The bytes as base64 text."),
        ("base64.decode", "base64.decode(text) -> bytes", "The bytes that base64 text stands for."),
        ("math.greatest", "math.greatest(a, b, …) -> number", "The greatest of the numbers, or of one list."),
        ("math.least", "math.least(a, b, …) -> number", "The least of the numbers, or of one list."),
        ("math.ceil", "math.ceil(number) -> double", "Rounded up."),
        ("math.floor", "math.floor(number) -> double", "Rounded down."),
        ("math.round", "math.round(number) -> double", "Rounded to the nearest, halves away from zero."),
        ("math.trunc", "math.trunc(number) -> double", "Without its fraction."),
        ("math.abs", "math.abs(number) -> number", "Without its sign."),
        ("math.sign", "math.sign(number) -> number", "-1, 0 or 1."),
        ("math.isNaN", "math.isNaN(number) -> bool", "Whether it is not a number."),
        ("math.isInf", "math.isInf(number) -> bool", "Whether it is infinite."),
        ("math.isFinite", "math.isFinite(number) -> bool", "Whether it is neither infinite nor not a number."),
    ),
    *_methods(
        ("size", "value.size() -> int", "How many characters, bytes, elements or entries it has."),
        ("contains", "text.contains(part) -> bool", "Whether the part stands in the text."),
        ("startsWith", "text.startsWith(part) -> bool", "Whether the text begins with the part."),
        ("endsWith", "text.endsWith(part) -> bool", "Whether the text ends with the part."),
        ("matches", "text.matches(pattern) -> bool", "Whether the pattern (RE2) fits some part of the text."),
        ("lowerAscii", "text.lowerAscii() -> string", "With A to Z as a to z."),
        ("upperAscii", "text.upperAscii() -> string", "With a to z as A to Z."),
        ("trim", "text.trim() -> string", "Without white space at both ends."),
        ("reverse", "text.reverse() -> string", "Its characters from the last to the first."),
        ("charAt", "text.charAt(index) -> string", "The character at the index, counted from 0."),
        ("indexOf", "text.indexOf(part[, from]) -> int", "Where the part first stands; -1 if nowhere."),
        ("lastIndexOf", "text.lastIndexOf(part[, until]) -> int", "Where the part last stands; -1 if nowhere."),
        ("substring", "text.substring(from[, to]) -> string", "The part from an index on, up to another."),
        ("replace", "text.replace(old, new[, count]) -> string", "With each old part, or the first few, made new."),
        ("split", "text.split(separator[, count]) -> list", "The parts between the separators, at most so many."),
        ("join", "list.join([separator]) -> string", "The list's texts as one."),
        ("format", "text.format(list) -> string", "With %s, %d, %f, %e, %x, %o or %b filled in from the list."),
        ("getFullYear", "time.getFullYear([zone]) -> int", f"The year, {_ZONE}."),
        ("getMonth", "time.getMonth([zone]) -> int", f"The month from 0 for January, {_ZONE}."),
        ("getDate", "time.getDate([zone]) -> int", f"The day of the month from 1, {_ZONE}."),
        ("getDayOfMonth", "time.getDayOfMonth([zone]) -> int", f"The day of the month from 0, {_ZONE}."),
        ("getDayOfWeek", "time.getDayOfWeek([zone]) -> int", f"The day of the week from 0 for Sunday, {_ZONE}."),
        ("getDayOfYear", "time.getDayOfYear([zone]) -> int", f"The day of the year from 0, {_ZONE}."),
        ("getHours", "time.getHours([zone]) -> int", f"The hour, {_ZONE}; all hours of a duration."),
        ("getMinutes", "time.getMinutes([zone]) -> int", f"The minute, {_ZONE}; all minutes of a duration."),
        ("getSeconds", "time.getSeconds([zone]) -> int", f"The second, {_ZONE}; all seconds of a duration."),
        ("getMilliseconds", "time.getMilliseconds([zone]) -> int", "The thousandths of its second."),
    ),
)

VOCABULARY: Final[tuple[Word, ...]] = (*MACROS, *FUNCTIONS)
