"""What is written with jobs that park: what they wait for, or the children that they ask for."""

from collections.abc import Mapping, Sequence

from holdfast.model.job import Transition
from holdfast.model.spawn import Spawn
from holdfast.stores.codec import encode, encode_or_null
from holdfast.stores.families import spawn_mail
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.part import run
from holdfast.stores.postgres.sql import families as families_sql
from holdfast.stores.postgres.sql import waits as sql
from holdfast.stores.settling import LiveJob

MAIL_COLUMNS = 7

Parked = Sequence[tuple[LiveJob, Transition]]


async def write_waits(connection: Connection, parked: Parked) -> set[str]:
    """The runs in which something waits from now on."""
    rows = [
        (live.id, live.tenant, live.run_id, live.node_id, wait.kind, wait.name, encode(wait))
        for live, move in parked
        if move.parked is not None and (wait := move.parked.wait) is not None and live.run_id is not None
    ]
    await run(connection, sql.ADD_WAITS, rows, 7)
    return {str(row[2]) for row in rows}


async def write_spawns(connection: Connection, parked: Parked, runs: Mapping[str, Row]) -> bool:
    """Writes families, the children that are known, and the mail to begin with them; whether there was any."""
    asked = [
        (live.run_id, live.node_id, spawn)
        for live, move in parked
        if move.parked is not None
        and (spawn := move.parked.spawn) is not None
        and live.run_id is not None
        and live.node_id is not None
    ]
    for run_id, node_id, spawn in asked:
        kept = await _add_children(connection, runs[run_id], node_id, spawn)
        row = (run_id, node_id, encode(spawn.family(kept)), encode(spawn.closure))
        await run(connection, families_sql.SAVE_CLOSURES, [row], 4)
    await run(
        connection, families_sql.SEND, [spawn_mail(run_id, node_id) for run_id, node_id, _ in asked], MAIL_COLUMNS
    )
    return bool(asked)


async def _add_children(connection: Connection, run_row: Row, node_id: str, spawn: Spawn) -> int:
    """How many of them have their results from the run that this one repeats."""
    if spawn.kind == "loop" or not spawn.items:
        return 0
    items = [encode_or_null(item) for item in spawn.items]
    earlier = run_row["rerun_of"] if run_row["keep_items"] and spawn.kind == "map" else None
    return int(await connection.fetchval(families_sql.ADD_CHILDREN, run_row["id"], node_id, items, earlier))
