"""What rules remember of tenants, while jobs come in that rules insert.

A rule that reads what it remembered is judged before its jobs come here, and another of its firings may have come
first. What is remembered is therefore locked, behind the dedupe keys and in one order, and its number compared before
such jobs are inserted. What wasn't there can't be locked: if somebody else has made it when it is written, the whole
transaction begins again, and finds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from holdfast.model.instant import Instant
from holdfast.model.rule import RuleMemory
from holdfast.stores.postgres.connection import Connection, TryAgain
from holdfast.stores.postgres.part import columns, run
from holdfast.stores.postgres.sql import rules as sql
from holdfast.stores.trigger_rows import memory_key, memory_row

MEMORY_COLUMNS = 5

Key = tuple[str, str]


@dataclass(slots=True)
class Judged:
    """``taken``: memories to write, and what they were judged by; ``missing``: those of them that aren't there;
    ``moved``: places of callers whose rule's memory was written since."""

    taken: set[tuple[Key, int]] = field(default_factory=set)
    missing: set[Key] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)


async def compare(connection: Connection, memories: Sequence[tuple[int, RuleMemory]]) -> Judged:
    """Compares, and locks, what callers were judged by, as if they came one after another."""
    found = Judged()
    keys = sorted({memory_key(memory) for _, memory in memories})
    if not keys:
        return found
    rows = await connection.fetch(sql.LOCK_MEMORIES, *columns(keys, 2))
    counts = {(row["rule_id"], row["tenant_id"]): row["count"] for row in rows}
    found.missing = set(keys) - set(counts)
    for place, memory in memories:
        key = memory_key(memory)
        if counts.get(key, 0) != memory.seen:
            found.moved.add(place)
        else:
            counts[key] = memory.seen + 1
            found.taken.add((key, memory.seen))
    return found


async def remember(connection: Connection, acted: Sequence[RuleMemory], judged: Judged, now: Instant) -> None:
    """What was taken of it: a call that is repeated has written its own before. Of several of a key the last is kept;
    those that were missing must still not be there."""
    taken = [(key, one) for one in acted if ((key := memory_key(one)), one.seen) in judged.taken]
    newest = {key: memory_row(one, now) for key, one in taken}
    missing = judged.missing
    first = [newest[key] for key in sorted(newest) if key in missing]
    if first and len(await connection.fetch(sql.REMEMBER_FIRST, *columns(first, MEMORY_COLUMNS))) < len(first):
        raise TryAgain
    await run(connection, sql.REMEMBER, [newest[key] for key in sorted(newest) if key not in missing], MEMORY_COLUMNS)
