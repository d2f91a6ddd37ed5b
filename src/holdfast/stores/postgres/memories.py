"""What rules remember of tenants, while jobs come in that rules insert.

A rule that asks what it remembered is judged before its jobs come here, and another of its firings may have come
first. What is remembered is therefore locked and compared before such jobs are inserted. What wasn't there can't be
locked: if somebody else has made it when it is written, the whole transaction begins again, and finds it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from holdfast.model.instant import Instant
from holdfast.model.rule import RuleMemory
from holdfast.ports import NewJobs
from holdfast.stores.codec import encode
from holdfast.stores.postgres.connection import Connection, TryAgain
from holdfast.stores.postgres.part import columns, run
from holdfast.stores.postgres.sql import rules as sql
from holdfast.stores.trigger_rows import judged_by, memory_key, memory_row

MEMORY_COLUMNS = 4

Key = tuple[str, str]


@dataclass(slots=True)
class Judged:
    """``outdated``: places of callers whose rule remembers something else by now. ``missing``: what isn't there."""

    outdated: set[int] = field(default_factory=set)
    missing: set[Key] = field(default_factory=set)


def asks(item: NewJobs) -> bool:
    """Whether it depends on what is remembered."""
    return item.memory is not None and item.memory.judged and bool(item.jobs)


async def compare(connection: Connection, items: Sequence[tuple[int, NewJobs]]) -> Judged:
    """Compares, and locks, what these callers were judged by, as if they came one after another."""
    found = Judged()
    memories = [(place, item.memory) for place, item in items if item.memory is not None]
    keys = sorted({memory_key(memory) for _, memory in memories})
    if not keys:
        return found
    rows = await connection.fetch(sql.LOCK_MEMORIES, *columns(keys, 2))
    texts = {(row["rule_id"], row["tenant_id"]): row["attributes"] for row in rows}
    found.missing = set(keys) - set(texts)
    for place, memory in memories:
        key = memory_key(memory)
        if texts.get(key) != judged_by(memory):
            found.outdated.add(place)
        else:
            texts[key] = encode(memory.attributes)
    return found


async def remember(connection: Connection, acted: Sequence[RuleMemory], missing: Collection[Key], now: Instant) -> None:
    """Of several of a key the last is kept. Those in ``missing`` must still not be there."""
    newest = {memory_key(one): memory_row(one, now) for one in acted}
    first = [newest[key] for key in sorted(newest) if key in missing]
    if first and len(await connection.fetch(sql.REMEMBER_FIRST, *columns(first, MEMORY_COLUMNS))) < len(first):
        raise TryAgain
    await run(connection, sql.REMEMBER, [newest[key] for key in sorted(newest) if key not in missing], MEMORY_COLUMNS)
