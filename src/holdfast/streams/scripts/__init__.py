"""The scripts that run inside the broker, each in one step that nothing comes between.

A script's only declared key is the instance's prefix, from which it makes the others: all are in one hash slot. Times
are whole milliseconds, made outside, since the store's clock counts. Each file says what it takes and gives.
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    digest: str


def _load(name: str, *shared: str) -> Script:
    folder = files(__name__)
    text = "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in (*shared, name))
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


OFFER: Final = _load("offer")
TAKE: Final = _load("take", "seat")
SETTLE: Final = _load("settle", "seat")
SEATS: Final = _load("seats", "seat")
LEAVE: Final = _load("leave", "seat")
LEAD: Final = _load("lead")
LET_GO: Final = _load("let_go")
PUBLISH: Final = _load("publish")
PROBE: Final = _load("probe")
