"""The store as the figures of what went on are kept in it, and the lines that attempts logged."""

from collections.abc import Sequence
from typing import Protocol

from holdfast.model.instant import Instant, Micros
from holdfast.model.log_line import LogLine
from holdfast.model.records import Page
from holdfast.model.statistics import Depth, FigureRow, Point


class StatisticsStore(Protocol):
    """See ``model.statistics`` for the words."""

    async def add_figures(self, batch: Sequence[FigureRow]) -> None:
        """Adds to what is kept of each tenant, minute and queue. A repeated call adds again."""
        ...

    async def figures(
        self, tenant: str, queue: str | None, since: Instant, until: Instant, step: Micros
    ) -> list[Point]:
        """Of all queues or one, and of runs; steps count from ``since``. Those without figures are left out."""
        ...

    async def sample_depths(self, now: Instant) -> None:
        """Keeps what lies in each tenant's queues, for this minute: once, whoever asks first."""
        ...

    async def depths(self, tenant: str, queue: str | None, since: Instant, until: Instant, step: Micros) -> list[Depth]:
        """As ``figures``, by queue."""
        ...


class LogStore(Protocol):
    async def add_log_lines(self, batch: Sequence[LogLine]) -> None:
        """Keeps what attempts logged, once each; of jobs that are gone nothing is kept. Not fenced: what an attempt
        logged is true of it, whatever became of its lease."""
        ...

    async def list_log_lines(
        self, tenant: str, job_id: str, attempt: int | None, cursor: str | None, limit: int
    ) -> Page[LogLine]:
        """Oldest first; those of all attempts, or of one."""
        ...
