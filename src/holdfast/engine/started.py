"""What becomes of a start that nobody asked for by hand, as the starter tells those who start: clocks, events, hooks.

``Repeatable`` makes a start happen once however often it is tried; ``derived_id`` names what is recorded of a start
that didn't happen, so that a repeat records it once.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from holdfast.model.errors import Conflict, Invalid
from holdfast.model.instant import DAY, Instant, Micros
from holdfast.model.json import JSON
from holdfast.model.trigger import Verdict
from holdfast.ports import Dedupe

# Longer than any downtime after which a round is repeated.
REMEMBER: Final[Micros] = 30 * DAY
# A constant of our own, so that these ids meet no others.
_SPACE: Final = UUID("5b1f0c5e-6d0a-5d0e-9a52-6f9a3c1d7e40")
_OF_TENANTS: Final = "its jobs could not be made for some tenants; a dry run tells an admin of the instance why"


@dataclass(frozen=True, slots=True)
class Repeatable:
    """The key under which a start commits: a second one with the same ``scope`` and ``key`` is the first.

    ``fingerprint`` tells apart what must not share a key (bodies of webhooks); clocks and events need none.
    """

    scope: str
    key: str
    fingerprint: str = ""
    keep: Micros = REMEMBER

    def dedupe(self, tenant: str, now: Instant) -> Dedupe:
        return Dedupe(tenant, self.scope, self.key, self.fingerprint, now + self.keep)


@dataclass(frozen=True, slots=True)
class Started:
    """``started``: the run, or a rule's jobs, have committed; ``duplicate``: they had, earlier.

    Otherwise nothing was inserted and ``reason`` says why; ``error`` holds it with all of its problems. ``conflict``:
    the key was used with another fingerprint, for the run ``run_id`` or the jobs ``job_ids``. ``detail`` holds what a
    rule's conditions gave; ``firing_id`` is what it is on record as (None: as nothing new). A rule for each tenant
    names no jobs, as they are of many tenants: ``walked`` counts them.
    """

    verdict: Verdict
    run_id: str | None = None
    job_ids: tuple[str, ...] = ()
    walked: int = 0
    reason: str = ""
    error: Invalid | Conflict | None = None
    conflict: bool = False
    detail: JSON = None
    firing_id: str | None = None

    @property
    def told(self) -> str:
        """The reason for callers and events: none of the tenants of a rule for each may read what others have."""
        of_tenants = isinstance(self.detail, dict) and "tenants" in self.detail
        return _OF_TENANTS if of_tenants else self.reason


def derived_id(*parts: str) -> str:
    """The id that these texts always have."""
    return str(uuid5(_SPACE, "\0".join(parts)))
