"""What callers ask for when they set a secret, and every rule that it must keep. No sentence holds a value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from holdfast.model.errors import Problem
from holdfast.model.json import problems_of
from holdfast.model.secret import SecretType
from holdfast.ports import KEEP, Keep

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
NAME_RULE: Final = "must be 1 to 64 letters, digits and _, and not begin with a digit"
LONGEST_VALUE: Final = 64 * 1024
MOST_BOUND: Final = 50
LONGEST_DESCRIPTION: Final = 500

_HOST: Final = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?|[0-9a-f:.]{2,45}")
_HOST_RULE: Final = "must be a host's name such as api.example.com or *.example.com, without scheme, port and path"
KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,150}\*?|\*")
_KIND_RULE: Final = "must be a kind of jobs such as http.request, task:billing.pay or task:billing.*"


@dataclass(frozen=True, slots=True)
class SecretDraft:
    """A value to keep. What isn't given of the rest stays as it is; ``hosts`` and ``kinds`` None: anywhere."""

    value: str
    type: SecretType = "text"
    hosts: tuple[str, ...] | Keep | None = KEEP
    kinds: tuple[str, ...] | Keep | None = KEEP
    description: str | Keep = KEEP


def problems_with(name: str, draft: SecretDraft) -> list[Problem]:
    """Every rule that is broken."""
    return list(_problems(name, draft))


def host_of(name: str) -> str:
    """A host as requests name it: in lower case, its letters beyond ASCII in their own encoding."""
    lower = name.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")
    try:
        return lower if lower.isascii() else lower.encode("idna").decode()
    except UnicodeError:
        return lower


def _problems(name: str, draft: SecretDraft) -> Iterator[Problem]:
    if NAME.fullmatch(name) is None:
        yield Problem("name", NAME_RULE)
    yield from _of_value(draft.value)
    yield from _of_bound("hosts", draft.hosts, _HOST, _HOST_RULE)
    yield from _of_bound("kinds", draft.kinds, KIND, _KIND_RULE)
    if isinstance(draft.description, str):
        if len(draft.description) > LONGEST_DESCRIPTION:
            yield Problem("description", f"must have at most {LONGEST_DESCRIPTION} characters")
        yield from (Problem("description", message) for _, message in problems_of(draft.description))


def _of_value(value: str) -> Iterator[Problem]:
    if not value:
        yield Problem("value", "must not be empty")
    wrong = [Problem("value", message) for _, message in problems_of(value)]
    yield from wrong
    if not wrong and len(value.encode()) > LONGEST_VALUE:
        yield Problem("value", f"must have at most {LONGEST_VALUE // 1024} KiB")


def _of_bound(
    field: str, bound: tuple[str, ...] | Keep | None, pattern: re.Pattern[str], rule: str
) -> Iterator[Problem]:
    if not isinstance(bound, tuple):
        return
    if not 1 <= len(bound) <= MOST_BOUND:
        yield Problem(field, f"must have 1 to {MOST_BOUND} items; leave it null to allow all")
    for index, name in enumerate(bound[:MOST_BOUND]):
        if pattern.fullmatch(name) is None:
            yield Problem(f"{field}[{index}]", rule)
