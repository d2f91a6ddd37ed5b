"""Prometheus metrics with bounded label sets: queues and kinds that exist, reasons and verdicts from closed lists.

Counters and histograms are fed by the engine through the ``Observer`` port. Gauges of what waits are read from the
store when somebody scrapes.
"""

from collections.abc import Collection
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.model.job import ClaimedJob, Transition
from holdfast.observe.tallies import CounterTally, HistogramTally
from holdfast.ports import JobStore

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
_COMMITS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_SIZES: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)


class Metrics:
    """An ``Observer`` that counts, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._waited = self._tally("job_wait_seconds", "From a job's insert to its claim.")
        self._ran = self._tally("attempt_seconds", "How long an attempt ran.")
        about = "Attempts by how they ended."
        self._ended = CounterTally("holdfast_attempts", about, ["kind", "reason"], self.registry)
        self._commit = self._histogram("commit_seconds", "Group commits.", ["what"], _COMMITS)
        self._size = self._histogram("commit_size", "Items of a group commit.", ["what"], _SIZES)
        self._late = self._counter("late_results", "Results that came after their lease was gone.", [])
        self._rescued_workers = self._counter("workers_rescued", "Workers declared dead.", [])
        self._rescued_jobs = self._counter("jobs_rescued", "Jobs taken back from dead workers.", [])
        self._abandoned = self._gauge("threads_abandoned", "Threads of functions that ignored their end.", [])
        self._broker = self._gauge("redis_up", "Whether Redis can be reached; 0 also where none is used.", [])
        self._window = self._gauge("offer_window", "Offers that may be out, as this process's relay last saw.", [])
        self._offered = self._counter("offers", "Offers of ready work, by what became of them.", ["what"])
        about = "Requests for work by verdict."
        self._accepted = CounterTally("holdfast_accepted", about, ["what", "verdict"], self.registry)
        self._depth = self._gauge("queue_jobs", "Live jobs by queue and state.", ["queue", "state"])
        self._age = self._gauge("queue_oldest_seconds", "How long the oldest due job waits.", ["queue"])
        self._workers = self._gauge("workers", "Workers whose heartbeat is fresh.", [])

    # -- Observer ----------------------------------------------------------------------------------------------------

    def claimed(self, jobs: Collection[ClaimedJob], now: Instant) -> None:
        for job in jobs:
            self._waited.observe(job.queue, (now - job.created_at) / SECOND)

    def ended(self, attempts: Collection[tuple[ClaimedJob, Transition]]) -> None:
        for job, move in attempts:
            self._ended.add(job.kind, move.reason)
            self._ran.observe(job.queue, (move.at - job.started_at) / SECOND)

    def committed(self, what: str, size: int, took: Micros) -> None:
        self._commit.labels(what).observe(took / SECOND)
        self._size.labels(what).observe(size)

    def late(self, count: int) -> None:
        self._late.inc(count)

    def rescued(self, workers: int, jobs: int) -> None:
        self._rescued_workers.inc(workers)
        self._rescued_jobs.inc(jobs)

    def accepted(self, what: str, verdict: str) -> None:
        self._accepted.add(what, verdict)

    def abandoned(self, count: int) -> None:
        self._abandoned.set(count)

    def broker(self, up: bool) -> None:
        self._broker.set(up)

    def window(self, offers: int) -> None:
        self._window.set(offers)

    def offered(self, what: str, offers: int) -> None:
        self._offered.labels(what).inc(offers)

    # -- scraping ----------------------------------------------------------------------------------------------------

    async def render(self, store: JobStore, now: Instant) -> bytes:
        """The text exposition. Raises ``Unavailable`` when the store can't be asked."""
        self._depth.clear()
        self._age.clear()
        for queue in await store.list_queues(now):
            for state in ("pending", "scheduled", "running", "waiting"):
                self._depth.labels(queue.name, state).set(getattr(queue, state))
            age = 0 if queue.oldest_due_at is None else max(now - queue.oldest_due_at, 0)
            self._age.labels(queue.name).set(age / SECOND)
        self._workers.set(sum(worker.alive for worker in await store.list_workers(now)))
        return generate_latest(self.registry)

    def _tally(self, name: str, about: str) -> HistogramTally:
        """By queue, of what is fed for every job."""
        return HistogramTally(f"holdfast_{name}", about, "queue", _SECONDS, self.registry)

    def _counter(self, name: str, about: str, labels: list[str]) -> Counter:
        return Counter(f"holdfast_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, labels: list[str]) -> Gauge:
        return Gauge(f"holdfast_{name}", about, labels, registry=self.registry)

    def _histogram(self, name: str, about: str, labels: list[str], buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"holdfast_{name}", about, labels, buckets=buckets, registry=self.registry)
