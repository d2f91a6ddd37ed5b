"""The conformance table: what expressions give, by topic.

A case is an expression and its result as JSON data, or `Fails(kind)`. The topics and the rules
follow the language's public specification and test data; the cases are our own. The scope of all
cases is `SCOPE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Fails:
    """The expression ends with an error of this kind, when it is parsed or when it runs."""

    kind: str


Case = tuple[str, object]

SCOPE: Final[dict[str, object]] = {
    "input": {
        "email": "ada@example.com",
        "age": 36,
        "score": 7.5,
        "tags": ["new", "vip"],
        "address": {"city": "Bern", "zip": None},
        "odd-name": 1,
        "empty": {},
        "big": 2**70,
        "whole": 3.0,
    },
    "orders": [
        {"id": "a", "total": 30, "paid": True},
        {"id": "b", "total": 5, "paid": False},
        {"id": "c", "total": 12.5, "paid": True},
    ],
    "nothing": None,
}
