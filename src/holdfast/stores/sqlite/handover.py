"""Handing work over on SQLite: which new jobs of a transaction the worker gets that offers slots (``stores.handing``).

Writers take turns, so what is seen here holds until the commit.
"""

import sqlite3
from collections.abc import Mapping, Sequence

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, NewJob
from holdfast.ports import Taker
from holdfast.stores.handing import all_started_rows, claimed, wanted
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.sql import claim as sql
from holdfast.stores.sqlite.sql import finish as finish_sql


def chosen(db: sqlite3.Connection, jobs: Sequence[NewJob], taker: Taker | None, now: Instant) -> list[NewJob]:
    """The jobs to hand over. To be asked before they are written: in their queues nothing else may wait."""
    some = wanted(jobs, taker, now)
    if taker is None or not some:
        return []
    names = id_list({job.queue for job in some})
    queues = {row[0] for row in db.execute(sql.IDLE, {"queues": names, "now": now, "worker": taker.worker_id})}
    tenants = id_list({job.tenant for job in some})
    limited = {row[0] for row in db.execute(sql.LIMITED_TENANTS, (tenants,))} if queues else set()
    return [job for job in some if job.queue in queues and job.tenant not in limited][: taker.offer.slots]


def start(
    db: sqlite3.Connection, jobs: Sequence[NewJob], versions: Mapping[str, str], worker_id: str, now: Instant
) -> list[ClaimedJob]:
    """Starts new jobs that are written; ``versions`` by run, for the steps among them."""
    if not jobs:
        return []
    db.execute(sql.START, (worker_id, now, id_list(job.id for job in jobs)))
    started = [claimed(job, versions.get(job.run_id or ""), now) for job in jobs]
    write_rows(db, finish_sql.ADD_EVENTS, all_started_rows(started, worker_id, now))
    return started
