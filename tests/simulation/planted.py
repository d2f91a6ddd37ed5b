"""Bugs planted on purpose: each takes one safeguard out of the real engine or store, and the suite must notice.

A plant is a context manager. What it changes it must find first: a safeguard that was moved or renamed makes its plant
fail, never pass.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any, Final
from unittest.mock import patch

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, JobState, Transition
from holdfast.model.retry import RetryPolicy
from holdfast.ports import ClaimRequest, Finished
from holdfast.stores.settling import LiveJob
from holdfast.stores.sqlite import finish
from holdfast.stores.sqlite.claim import claim
from holdfast.stores.sqlite.settlement import Settlement
from holdfast.stores.sqlite.sql import children as children_sql
from holdfast.stores.sqlite.sql import claim as claim_sql
from holdfast.stores.sqlite.sql import gates as gates_sql
from holdfast.stores.sqlite.sql import runs as runs_sql
from holdfast.stores.sqlite.sql import workers as workers_sql
from holdfast.stores.sqlite.store import SQLiteStore
from tests.simulation import cluster, definitions
from tests.simulation.database import Database, Fate

Plant = Callable[[], AbstractContextManager[None]]


@contextmanager
def _statement(module: ModuleType, name: str, old: str, new: str) -> Iterator[None]:
    """Changes one part of a named statement."""
    statement: str = getattr(module, name)
    if old not in statement:
        raise LookupError(f"{name} has no {old!r} to take out")
    with patch.object(module, name, statement.replace(old, new)):
        yield


@contextmanager
def _changed(script: str) -> Iterator[None]:
    """Changes the database that every seed begins with, and so what is written to it."""
    real = definitions.fresh_database

    def planted() -> sqlite3.Connection:
        db = real()
        db.executescript(script)
        return db

    with patch.object(definitions, "fresh_database", planted):
        yield


@contextmanager
def finish_without_fence() -> Iterator[None]:
    """Any result is taken while the job runs, whoever's and under whichever lease."""

    def holds(live: LiveJob | None, move: Transition, worker_id: str | None) -> bool:
        return live is not None and live.state == JobState.RUNNING

    with patch.object(finish, "holds", holds):
        yield


@contextmanager
def lease_kept_after_rescue() -> Iterator[None]:
    """The claim of a rescued job doesn't raise its lease."""

    def keeping(db: sqlite3.Connection, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        found = claim(db, request, now)
        lost = [job.id for job in found if job.lost]
        db.executemany("UPDATE live SET lease = lease - 1 WHERE job_id = ?", [(job_id,) for job_id in lost])
        return [job._replace(lease=job.lease - (job.id in lost)) for job in found]

    with patch("holdfast.stores.sqlite.jobs.claim", keeping):
        yield


def rescue_without_attempt() -> AbstractContextManager[None]:
    """A rescued job's lost attempt isn't recorded."""
    return _changed("""CREATE TRIGGER planted AFTER INSERT ON events WHEN NEW.data LIKE '%"reason":"lost"%'
      BEGIN DELETE FROM events WHERE seq = NEW.seq; END""")


def heartbeat_revives_the_dead() -> AbstractContextManager[None]:
    """A worker that was declared dead comes back by its next heartbeat."""
    return _statement(workers_sql, "RENEW", "expires_at = ? WHERE id = ? AND state = 'ALIVE'",
                      "expires_at = ?, state = 'ALIVE' WHERE id = ?")  # fmt: skip


@contextmanager
def join_without_lock() -> Iterator[None]:
    """A run that was just written is read as it was before: what another transaction decided meanwhile is lost."""
    real = Settlement.lock
    seen: dict[str, Any] = {}

    def lock(self: Settlement, run_ids: Iterable[str]) -> None:
        real(self, run_ids)
        for run_id, locked in self._runs.items():
            fold, now = locked.fold, self._now
            stale, at = seen.get(run_id, (fold.view, 0))
            seen[run_id] = (fold.view, now)
            if 0 <= now - at < 500_000:
                fold.before = fold.view = fold.view._replace(nodes=stale.nodes)

    with patch.object(Settlement, "lock", lock):
        yield


@contextmanager
def unknown_commit_taken_for_success() -> Iterator[None]:
    """A commit whose answer is lost was rolled back, and the caller is told that all is well."""
    real = Database._run

    def run(self: Database, strand: Any, work: Any, fate: Fate) -> Any:
        if fate is not Fate.ANSWER_LOST:
            return real(self, strand, work, fate)
        self.db.execute("BEGIN")
        try:
            return work(self.db)
        except Exception as error:
            return error
        finally:
            self.db.execute("ROLLBACK")

    with patch.object(Database, "_run", run):
        yield


def give_back_burns() -> AbstractContextManager[None]:
    """A job that is given back unfinished has used an attempt."""
    return _changed("""CREATE TRIGGER planted AFTER UPDATE ON live
      WHEN OLD.state = 'RUNNING' AND NEW.state = 'PENDING' AND NEW.lost = OLD.lost
      BEGIN UPDATE live SET attempt = OLD.attempt WHERE job_id = NEW.job_id; END""")


def claim_ignores_due_time() -> AbstractContextManager[None]:
    """A job that is parked until a time is taken three seconds before it."""
    return _changed("""CREATE TRIGGER planted AFTER UPDATE ON live
      WHEN OLD.state = 'RUNNING' AND NEW.state = 'SCHEDULED'
      BEGIN UPDATE live SET due_at = NEW.due_at - 3000000 WHERE job_id = NEW.job_id; END""")


def cancel_forgotten() -> AbstractContextManager[None]:
    """A running job that was asked to be cancelled isn't marked: it is retried all the same."""
    return _changed("""CREATE TRIGGER planted AFTER UPDATE OF cancel_requested ON live WHEN NEW.cancel_requested
      BEGIN UPDATE live SET cancel_requested = 0 WHERE job_id = NEW.job_id; END""")


@contextmanager
def one_attempt_too_many() -> Iterator[None]:
    """The budget is compared the wrong way round."""
    real = RetryPolicy.decide

    def decide(self: RetryPolicy, *, used: int, **rest: Any) -> Any:
        return real(self, used=max(used - 1, 1), **rest)

    with patch.object(RetryPolicy, "decide", decide):
        yield


def idempotency_key_forgotten() -> AbstractContextManager[Any]:
    """A repeated insert isn't recognised by its key."""
    return _changed("CREATE TRIGGER planted AFTER INSERT ON dedupe BEGIN DELETE FROM dedupe WHERE key = NEW.key; END")


def queue_limit_forgotten() -> AbstractContextManager[None]:
    """The queue's limit isn't looked at."""
    return _changed("UPDATE queues SET concurrency = NULL")


def key_limit_forgotten() -> AbstractContextManager[None]:
    """The places that a key's jobs hold aren't counted."""
    return _statement(gates_sql, "TAKEN", "LIMIT :most", "LIMIT 0 * :most")


def key_order_reversed() -> AbstractContextManager[None]:
    """The youngest job of a key goes first."""
    return _statement(gates_sql, "OLDEST", "ORDER BY due_at, job_id", "ORDER BY due_at DESC, job_id DESC")


@contextmanager
def place_given_back_too_early() -> Iterator[None]:
    """A job that is retried or snoozed gives its key to the next."""
    with patch("holdfast.stores.sqlite.settlement.parked_at", lambda *_: (True, False)):
        yield


def tokens_not_taken() -> AbstractContextManager[None]:
    """A start costs a key's rate nothing."""
    return _statement(gates_sql, "SAVE_CREDIT", "credit = ?", "credit = credit + 0 * ?")


def end_of_child_untold() -> AbstractContextManager[None]:
    """A child that ends tells its parent nothing."""
    return _changed("""CREATE TRIGGER planted AFTER INSERT ON inbox WHEN NEW.kind = 'child'
      BEGIN DELETE FROM inbox WHERE seq = NEW.seq; END""")


def mail_read_twice() -> AbstractContextManager[None]:
    """A run's mail stays in its inbox when it was read."""
    return _statement(
        children_sql, "THROW_AWAY", "DELETE FROM inbox WHERE", "DELETE FROM inbox WHERE kind <> 'child' AND"
    )


def pause_forgotten() -> AbstractContextManager[None]:
    """A paused run's jobs can be claimed."""
    return _changed("""CREATE TRIGGER planted AFTER UPDATE OF state ON live WHEN NEW.state = 'HELD'
      BEGIN UPDATE live SET state = 'SCHEDULED' WHERE job_id = NEW.job_id; END""")


def places_forgotten() -> AbstractContextManager[None]:
    """The runs of a workflow that go aren't counted."""
    return _statement(runs_sql, "GOING", "SELECT (SELECT count(*)", "SELECT 0 * (SELECT count(*)")


@contextmanager
def nothing_undone() -> Iterator[None]:
    """A run that fails has nothing to undo."""
    with patch("holdfast.model.advance_ending._compensators", lambda _: ()):
        yield


@contextmanager
def waits_never_over() -> Iterator[None]:
    """Nobody looks whether a wait's time has come."""

    async def idle(self: SQLiteStore, now: Instant, limit: int = 500) -> Finished:
        return Finished(frozenset(), frozenset())

    with patch.object(SQLiteStore, "expire_waits", idle):
        yield


def handed_over_past_limits() -> AbstractContextManager[None]:
    """Successors are handed over though their tenant has a limit."""
    return _statement(claim_sql, "LIMITED_TENANTS", "max_running IS NOT NULL", "max_running < 0")


PLANTS: Final[tuple[Plant, ...]] = (
    finish_without_fence,
    lease_kept_after_rescue,
    rescue_without_attempt,
    heartbeat_revives_the_dead,
    join_without_lock,
    unknown_commit_taken_for_success,
    give_back_burns,
    claim_ignores_due_time,
    cancel_forgotten,
    one_attempt_too_many,
    idempotency_key_forgotten,
    queue_limit_forgotten,
    key_limit_forgotten,
    key_order_reversed,
    place_given_back_too_early,
    tokens_not_taken,
    end_of_child_untold,
    mail_read_twice,
    pause_forgotten,
    places_forgotten,
    nothing_undone,
    waits_never_over,
    handed_over_past_limits,
)


def seeds_until_caught(plant: Plant, most: int) -> tuple[int, list[str]]:
    """How many seeds it takes until one fails, and what that one says; more than ``most``: none did."""
    with plant():
        for seed in range(most):
            found = cluster.run_seed(seed).violations
            if found:
                return seed + 1, found
    return most + 1, []
