"""A job's whole history: the events that have a row of their own, and those that its own rows tell.

A lone job's insert, starts and success have no row of their own (``event_batches``). They follow from what is kept
anyway: the insert from the job; each start from the record of how that attempt ended, which names when it began, or
from the live row while it runs; the success from the job's end. A run's job has a row for each; nothing is told twice.

An event without a row has the cursor of the row before it (or of the log's beginning) with ``.n`` after it, n counting
from 1. Within one job's events that orders and resumes exactly; among all events it lies never after its true place, so
a reader that goes on from it without the job's filter may see something again but misses nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from holdfast.model.instant import Instant
from holdfast.model.job import EVENT_OF, JobState
from holdfast.model.json import JSONObject
from holdfast.stores.event_batches import SCHEDULED, STARTED, SUCCEEDED, inserted, started, succeeded
from holdfast.stores.rows import Row


@dataclass(frozen=True, slots=True)
class Past:
    """One event of a job. ``cursor`` is that of the row it stands on, ``step`` its place behind it (0: the row)."""

    cursor: str
    step: int
    type: str
    at: Instant
    data: JSONObject

    @property
    def place(self) -> str:
        return f"{self.cursor}.{self.step}" if self.step else self.cursor


def history(job: Row, rows: Iterable[Past], beginning: str) -> list[Past]:
    """All events of a job, oldest first.

    ``job``: its fat row joined with its live row, whose columns win while there is one: ``kind, queue, state, run_id,
    created_at, first_due_at, attempt, lease, worker_id, started_at, finished_at``. ``rows``: its events with a row of
    their own, oldest first. ``beginning``: the cursor before the first event of the log.
    """
    past = _Past(job, beginning)
    for row in rows:
        past.add(row)
    past.end()
    return past.events


class _Past:
    def __init__(self, job: Row, beginning: str) -> None:
        self.events: list[Past] = []
        self._job = job
        self._base = beginning
        self._step = 0

    def add(self, row: Past) -> None:
        if not self.events and row.data.get("from") is not None:
            self._insert()
        began = row.data.get("started_at")
        if row.data.get("from") == JobState.RUNNING and not self._running and isinstance(began, int):
            self._start(began, row.data["lease"], row.data["attempt"], row.data.get("worker"))
        self.events.append(row)
        self._base, self._step = row.cursor, 0

    def end(self) -> None:
        job = self._job
        if not self.events:
            self._insert()
        if job["run_id"] is not None or job["state"] not in (JobState.RUNNING, JobState.SUCCEEDED) or self._succeeded:
            return
        if not self._running:
            self._start(job["started_at"], job["lease"], job["attempt"], job["worker_id"])
        if job["state"] == JobState.SUCCEEDED:
            data = succeeded(job["kind"], job["queue"], job["lease"], job["attempt"], job["worker_id"])
            self._derive(SUCCEEDED, job["finished_at"], data)

    @property
    def _running(self) -> bool:
        return bool(self.events) and self.events[-1].type == STARTED

    @property
    def _succeeded(self) -> bool:
        return bool(self.events) and self.events[-1].type == SUCCEEDED

    def _insert(self) -> None:
        job = self._job
        later = job["first_due_at"] > job["created_at"]
        state = JobState.SCHEDULED if later else JobState.PENDING
        data = inserted(job["kind"], job["queue"], state.value, job["first_due_at"] if later else None)
        self._derive(SCHEDULED, job["created_at"], data)

    def _start(self, at: Instant, lease: Any, attempt: Any, worker: Any) -> None:
        self._derive(STARTED, at, started(self._job["kind"], self._job["queue"], lease, attempt, worker))

    def _derive(self, event_type: str, at: Instant, data: JSONObject) -> None:
        self._step += 1
        self.events.append(Past(self._base, self._step, event_type, at, data))


assert EVENT_OF[JobState.PENDING] == EVENT_OF[JobState.SCHEDULED] == SCHEDULED
