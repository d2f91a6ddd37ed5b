"""What a run's change means for the runs around it, written with that change: its parent is told of its end, its
children of a cancel, a pause or a resume, all by mail; what is held is let go.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from holdfast.model.instant import Instant
from holdfast.model.run import NodeState
from holdfast.stores.codec import encode
from holdfast.stores.families import CANCEL, PAUSE, RESUME, MailRow, end_mail
from holdfast.stores.planning import RunFold
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.parking import MAIL_COLUMNS
from holdfast.stores.postgres.part import run
from holdfast.stores.postgres.sql import families as sql
from holdfast.stores.postgres.sql import waits as waits_sql

# (run_id, node_id, what its live children are told)
Order = tuple[str, str, str]


async def tell_kin(connection: Connection, folds: Collection[RunFold]) -> bool:
    """Writes what these runs tell their parents and children; whether there was anything."""
    ends = [mail for fold in folds if (mail := end_mail(fold)) is not None]
    orders = [order for fold in folds for order in _orders(fold)]
    await send(connection, ends)
    await run(connection, sql.TELL_CHILDREN, orders, 3)
    unborn = [(fold, node) for fold in folds for node in fold.forsaken if fold.families[node].new]
    await run(connection, sql.SKIP_CHILDREN, [(fold.view.id, node) for fold, node in unborn], 2)
    counted = [(fold.view.id, node, encode(replace(fold.families[node], new=0))) for fold, node in unborn]
    await run(connection, sql.SAVE_FAMILIES, counted, 3)
    return bool(ends or orders)


async def send(connection: Connection, mail: Collection[MailRow]) -> None:
    """In the order of the rows of each run; those of several parents in their order, as all do who write."""
    await run(connection, sql.SEND, sorted(mail, key=lambda row: row[0]), MAIL_COLUMNS)


def _orders(fold: RunFold) -> Iterable[Order]:
    for node in fold.forsaken:
        if fold.families[node].live and not fold.families[node].detached:
            yield fold.view.id, node, CANCEL
    told = PAUSE if fold.was_paused else RESUME if fold.was_resumed else None
    if told is None:
        return
    for node, family in fold.families.items():
        known = fold.view.nodes.get(node)
        if family.live and family.workflow is None and known is not None and known.state is NodeState.ACTIVE:
            yield fold.view.id, node, told


async def hold(connection: Connection, folds: Iterable[RunFold], now: Instant) -> set[str]:
    """Holds the jobs of runs that are being paused, lets go those of runs that go on; the queues where work is ready.

    The rows must be locked.
    """
    held = [job for fold in folds if fold.was_paused for job in jobs_of(fold)]
    let_go = [job for fold in folds if fold.was_resumed for job in jobs_of(fold)]
    if held:
        await connection.fetch(waits_sql.HOLD, held)
    rows = await connection.fetch(waits_sql.LET_GO, let_go, now) if let_go else ()
    return {row["queue"] for row in rows}


def jobs_of(fold: RunFold) -> list[str]:
    """The jobs of nodes that were active before this transaction."""
    return [
        node.job_id for node in fold.before.nodes.values() if node.state is NodeState.ACTIVE and node.job_id is not None
    ]
