"""What was really done, kept outside of the store: which attempt ran under which lease, and what callers were told.

``LedgerExecutor`` is the engine's executor; it writes down each attempt when it begins and what it came to, and marks a
result with the lease that it was made under, so that a stale one can be told from its successor's.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from holdfast.engine.drafts import JobDraft
from holdfast.engine.executor import Executor
from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.records import RunContext


@dataclass(slots=True)
class Execution:
    """One run of a handler, begun ``at`` by the only right clock; ``outcome`` is None when it was cut short."""

    job_id: str
    lease: int
    attempt: int
    process: str
    at: Instant
    outcome: Outcome | None = None


@dataclass(slots=True)
class Order:
    """What a caller asked for: jobs, or with ``workflow`` a run, for so many ``items`` where it has a map.

    ``ids`` are what it was answered, if it was.
    """

    number: int
    tenant: str
    drafts: list[JobDraft] = field(default_factory=list)
    workflow: str | None = None
    scripts: dict[str, list[str]] = field(default_factory=dict)
    repeats: bool = True
    ids: list[str] | None = None
    items: int = 0


@dataclass(frozen=True, slots=True)
class Cancelling:
    """An acknowledged cancel of a job that ran under ``lease``: no later claim may follow."""

    job_id: str
    lease: int


class Ledger:
    """One seed's, written down by the right clock ``now``. ``ahead``: by how much any process's clock ever was;
    ``jumped``: whether any was ever wrong; ``cut_short``: the runs that somebody tried to cancel.

    ``refused`` holds what the engine logged as errors: in a simulation nothing should be.
    """

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self.ahead: Micros = 0
        self.jumped = False
        self.executions: dict[tuple[str, int], list[Execution]] = {}
        self.runs_of: Counter[str] = Counter()
        self.orders: list[Order] = []
        self.cancelled: list[Cancelling] = []
        self.cut_short: set[str] = set()
        self.refused: list[str] = []

    def began(self, job: ClaimedJob, process: str) -> Execution:
        execution = Execution(job.id, job.lease, job.attempt, process, self._now())
        self.executions.setdefault((job.id, job.lease), []).append(execution)
        self.runs_of[job.id] += 1
        return execution

    def answered(self) -> list[tuple[str, str]]:
        """(tenant, id) of everything that a caller was told is accepted."""
        return [(order.tenant, one) for order in self.orders for one in order.ids or ()]


class LedgerExecutor(Executor):
    """The engine's executor under observation."""

    ledger: Ledger
    process: str

    async def attempt(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        execution = self.ledger.began(job, self.process)
        return _kept(execution, await super().attempt(job, context))

    def attempt_inline(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        execution = self.ledger.began(job, self.process)
        return _kept(execution, super().attempt_inline(job, context))


def _kept(execution: Execution, outcome: Outcome) -> Outcome:
    if isinstance(outcome, Succeeded) and isinstance(outcome.result, dict):
        outcome = replace(outcome, result={**outcome.result, "lease": execution.lease})
    execution.outcome = outcome
    return outcome
