"""What callers ask for when they make or change a subscription, and every rule that it must keep.

Whether an address may be reached is decided when something is sent there (``outgoing.guard``): what a name stands for
changes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

from holdfast.model.delivery import key_of
from holdfast.model.errors import Problem
from holdfast.model.expression import ExpressionError, parse
from holdfast.model.json import pointer, problems_of
from holdfast.ports import Keep, SubscriptionChange

_PATTERN: Final = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}\*?")
_MOST_TYPES: Final = 100
_LONGEST_URL: Final = 2_048
_LONGEST_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class SubscriptionDraft:
    """A subscription to make. Without a ``secret`` one is made."""

    url: str
    types: tuple[str, ...]
    title: str = ""
    condition: str | None = None
    enabled: bool = True
    secret: str | None = field(default=None, repr=False)


def problems_with(draft: SubscriptionDraft) -> list[Problem]:
    """Every problem of a draft."""
    problems = [*_url(draft.url), *_types(draft.types), *_title(draft.title), *_condition(draft.condition)]
    return problems if draft.secret is None else [*problems, *secret_problems(draft.secret)]


def problems_with_change(change: SubscriptionChange) -> list[Problem]:
    """Every problem of what a change names."""
    problems: list[Problem] = []
    if not isinstance(change.url, Keep):
        problems += _url(change.url)
    if not isinstance(change.types, Keep):
        problems += _types(change.types)
    if not isinstance(change.title, Keep):
        problems += _title(change.title)
    if not isinstance(change.condition, Keep):
        problems += _condition(change.condition)
    return problems


def secret_problems(secret: str) -> list[Problem]:
    try:
        key_of(secret)
    except ValueError as error:
        return [Problem("secret", str(error))]
    return []


def _url(url: str) -> Iterator[Problem]:
    parts = _split(url)
    if len(url) > _LONGEST_URL:
        yield Problem("url", f"must have at most {_LONGEST_URL} characters")
    elif parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        yield Problem("url", "must be an absolute address that starts with http:// or https://")
    elif "@" in parts.netloc:
        yield Problem("url", "must hold no credentials: deliveries are signed")
    elif "#" in url:
        yield Problem("url", "must have no fragment (#…): it would never be sent")


def _split(url: str) -> SplitResult | None:
    """The parts of an address that can be sent as it stands."""
    if problems_of(url) or any(not char.isprintable() or char.isspace() for char in url):
        return None
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _types(types: Sequence[str]) -> Iterator[Problem]:
    if not 1 <= len(types) <= _MOST_TYPES:
        yield Problem("types", f"must name 1 to {_MOST_TYPES} types; * stands for all")
    for index, pattern in enumerate(types[:_MOST_TYPES]):
        if _PATTERN.fullmatch(pattern) is None:
            yield Problem(f"types[{index}]", "must be a type such as order.paid, or its beginning and *, as in order.*")


def _title(title: str) -> Iterator[Problem]:
    if len(title) > _LONGEST_TITLE:
        yield Problem("title", f"must have at most {_LONGEST_TITLE} characters")
    for path, message in problems_of(title, ("title",)):
        yield Problem(pointer(path), message)


def _condition(condition: str | None) -> Iterator[Problem]:
    if condition is None:
        return
    if condition.lstrip().startswith("{{"):
        yield Problem("condition", "is an expression already: write it without {{ and }}")
        return
    try:
        parse(condition, ("event",))
    except ExpressionError as error:
        yield Problem("condition", f"{error}, at character {error.position + 1}")
