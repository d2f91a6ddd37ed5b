"""The audit log as the engine writes it: acts at once, uses of secrets gathered.

``write`` returns when the act stands in its tenant's chain; acts that come together are committed together. A commit
whose answer was lost is made again, so that an act may stand there twice and is never missing.

``secret_used`` never waits. That a secret was used by something is written within ``EVERY``; how often it was used
during the same minute follows once that is over. What waits when a process is killed is lost: a few seconds' first
uses, a minute's counts. While the store is away, what waits stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from holdfast.engine.batcher import Batcher
from holdfast.engine.loop import WriterLoop
from holdfast.model.audit import NewAudit
from holdfast.model.instant import MINUTE, SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Observer
from holdfast.ports.access import AuditStore

EVERY: Final[Micros] = 3 * SECOND
SECRET_USED: Final = "secret.used"
# Under which name uses are counted that nothing more can be told of, since too many things use secrets at once.
OTHERS: Final = "others"
_MOST: Final = 10_000
_LONGEST: Final = 200


class _Use(NamedTuple):
    tenant: str
    secret: str
    by: str
    minute: int


@dataclass(slots=True)
class _Count:
    """Uses that aren't written yet, and when the last of them was; ``told``: an entry of this minute says it."""

    at: Instant
    waiting: int = 0
    told: bool = False


class AuditWriter(WriterLoop):
    """One per process."""

    name = "audit-writer"

    def __init__(
        self, store: AuditStore, clock: Clock, entropy: Entropy, observer: Observer, every: Micros = EVERY
    ) -> None:
        super().__init__(clock, entropy, every)
        self._store = store
        self._batcher: Batcher[NewAudit, None] = Batcher("audit", self._append, clock, entropy, observer)
        self._uses: dict[_Use, _Count] = {}

    async def write(self, act: NewAudit) -> None:
        """Raises ``Unavailable`` when it can't be written."""
        await self._batcher.submit(act)

    def secret_used(self, tenant: str, secret: str, by: str) -> None:
        """``by`` says what used it, the same for each repeat: ``workflow orders``, ``job http.request``."""
        now = self._clock.now()
        use = _Use(tenant, secret, by[:_LONGEST], now // MINUTE)
        if use not in self._uses and len(self._uses) >= _MOST:
            use = use._replace(by=OTHERS)
        count = self._uses.setdefault(use, _Count(now))
        count.at = now
        count.waiting += 1

    async def run_once(self) -> bool:
        """Writes first uses, and counts of minutes that are over."""
        minute = self._clock.now() // MINUTE
        await self._tell([use for use, count in self._uses.items() if use.minute < minute or not count.told])
        self._uses = {use: count for use, count in self._uses.items() if use.minute >= minute or count.waiting}
        return False

    async def _write_last(self) -> None:
        """Counts of the minute that isn't over as well."""
        await self._tell(list(self._uses))

    async def _tell(self, uses: Sequence[_Use]) -> None:
        told = [(count, count.waiting, _entry(use, count)) for use in uses if (count := self._uses[use]).waiting]
        if not told:
            return
        await self._store.append_audit([entry for _, _, entry in told])
        for count, written, _ in told:
            count.waiting -= written  # others may have come during the write
            count.told = True

    async def _append(self, acts: Sequence[NewAudit]) -> Sequence[None]:
        await self._store.append_audit(acts)
        return [None] * len(acts)


def _entry(use: _Use, count: _Count) -> NewAudit:
    return NewAudit(
        tenant=use.tenant,
        at=count.at,
        actor_kind="engine",
        actor_id="",
        actor=use.by,
        action=SECRET_USED,
        target=use.secret,
        outcome="done",
        detail={"count": count.waiting},
    )
