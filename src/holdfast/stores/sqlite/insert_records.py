"""What is written with new jobs: what fired, what a rule remembers of a tenant, which event they deliver."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob
from holdfast.model.rule import RuleMemory
from holdfast.ports import NewJobs
from holdfast.stores.codec import encode
from holdfast.stores.sqlite.bulk import write_rows
from holdfast.stores.sqlite.firings import write_firing_jobs, write_firings
from holdfast.stores.sqlite.sql.rules import REMEMBER, REMEMBERED
from holdfast.stores.sqlite.sql.subscriptions import ADD_DELIVERIES
from holdfast.stores.trigger_rows import FiringRow, delivery_row, firing_row, judged_by, memory_key, memory_row

Rows = list[tuple[Any, ...]]


class Memories:
    """What rules remember of tenants while a batch of jobs comes in."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._texts: dict[tuple[str, str], str | None] = {}

    def takes(self, memory: RuleMemory) -> bool:
        """Whether what the rule was judged by is remembered still; from then on it's the new one."""
        key = memory_key(memory)
        if memory.judged:
            if key not in self._texts:
                row = self._db.execute(REMEMBERED, key).fetchone()
                self._texts[key] = None if row is None else row["attributes"]
            if self._texts[key] != judged_by(memory):
                return False
        self._texts[key] = encode(memory.attributes)
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
