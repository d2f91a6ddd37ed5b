"""What is written with new jobs: what fired, what a rule remembers of a tenant, which event they deliver."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob
from holdfast.model.rule import RuleMemory
from holdfast.ports import NewJobs
from holdfast.stores.sqlite.bulk import write_rows
from holdfast.stores.sqlite.firings import write_firing_jobs, write_firings
from holdfast.stores.sqlite.sql.rules import REMEMBER, REMEMBERED
from holdfast.stores.sqlite.sql.subscriptions import ADD_DELIVERIES
from holdfast.stores.trigger_rows import FiringRow, delivery_row, firing_row, memory_key, memory_row

Rows = list[tuple[Any, ...]]


class Memories:
    """What rules remember of tenants while a batch of jobs comes in."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._counts: dict[tuple[str, str], int] = {}

    def take(self, memory: RuleMemory) -> bool:
        """Whether it's still as it was seen; who comes next finds it written."""
        key = memory_key(memory)
        if key not in self._counts:
            row = self._db.execute(REMEMBERED, key).fetchone()
            self._counts[key] = 0 if row is None else row["count"]
        if self._counts[key] != memory.seen:
            return False
        self._counts[key] += 1
        return True


class Records:
    """Of one batch of jobs; those that came in so far and aren't written yet."""

    def __init__(self) -> None:
        self._firings: list[FiringRow] = []
        self._jobs: list[tuple[str, str]] = []
        self._memories: Rows = []
        self._deliveries: Rows = []

    def add(self, group: NewJobs, fresh: Sequence[NewJob], now: Instant) -> None:
        """``fresh``: those of the group's jobs that are inserted; others were there under their unique key."""
        if group.firing is not None:
            self._firings.append(firing_row(group.firing))
            self._jobs += [(job.id, group.firing.id) for job in fresh]
        if group.memory is not None and fresh:
            self._memories.append(memory_row(group.memory, now))
        if group.delivery is not None:
            self._deliveries += [delivery_row(group.delivery, job.tenant, job.id) for job in fresh]

    def write(self, db: sqlite3.Connection) -> None:
        if self._firings:
            write_firings(db, self._firings)
            write_firing_jobs(db, self._jobs)
        write_rows(db, REMEMBER, self._memories)
        write_rows(db, ADD_DELIVERIES, self._deliveries)
        self._firings, self._jobs, self._memories, self._deliveries = [], [], [], []
