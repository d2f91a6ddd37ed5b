"""One observer for many: what the engine tells once reaches everybody who listens.

The main observer hears everything; the others hear of attempts, which is told for every job, many at a time.
"""

from collections.abc import Collection
from typing import Protocol

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, Transition
from holdfast.ports import Observer


class Outcomes(Protocol):
    """What ``Observers`` tell of attempts; see ``Observer``."""

    def claimed(self, jobs: Collection[ClaimedJob], now: Instant) -> None: ...

    def ended(self, attempts: Collection[tuple[ClaimedJob, Transition]]) -> None: ...


class Observers:
    """The ``Observer`` that parts are given where more than one listens."""

    def __init__(self, main: Observer, *others: Outcomes) -> None:
        self._main = main
        self._others = others

    def claimed(self, jobs: Collection[ClaimedJob], now: Instant) -> None:
        self._main.claimed(jobs, now)
        for other in self._others:
            other.claimed(jobs, now)

    def ended(self, attempts: Collection[tuple[ClaimedJob, Transition]]) -> None:
        self._main.ended(attempts)
        for other in self._others:
            other.ended(attempts)

    def committed(self, what: str, size: int, took: Micros) -> None:
        self._main.committed(what, size, took)

    def late(self, count: int) -> None:
        self._main.late(count)

    def rescued(self, workers: int, jobs: int) -> None:
        self._main.rescued(workers, jobs)

    def accepted(self, what: str, verdict: str) -> None:
        self._main.accepted(what, verdict)

    def abandoned(self, count: int) -> None:
        self._main.abandoned(count)

    def broker(self, up: bool) -> None:
        self._main.broker(up)

    def window(self, offers: int) -> None:
        self._main.window(offers)

    def offered(self, what: str, offers: int) -> None:
        self._main.offered(what, offers)
