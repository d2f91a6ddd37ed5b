"""Keys that make a repeated request the same request; they commit with the work that they guard.

Keys are taken in key order, and the primary key settles who was first, so two callers with the same key can't both win:
the second waits for the first one's commit and then reads what it answered.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from holdfast.model.instant import Instant
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import decode_texts, encode
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.part import columns, run
from holdfast.stores.postgres.sql import dedupe as sql
from holdfast.stores.repeats import repeated

Key = tuple[str, str, str]
Request = tuple[Dedupe | None, Sequence[str]]
Fetch = Callable[..., Awaitable[list[Row]]]


async def take_dedupe(connection: Connection, requests: Sequence[Request], now: Instant) -> list[list[Accepted] | None]:
    """For each request (its key, and the ids that it brought along) the answers that an earlier one with this key got.

    None: there was none, or there is no key: it is to be done now. The earlier one may stand in this same batch; it is
    taken to be answered with the ids that it brought along.
    """
    first: dict[Key, tuple[int, Dedupe, Sequence[str]]] = {}
    for place, (guard, made) in enumerate(requests):
        if guard is not None:
            first.setdefault(key_of(guard), (place, guard, made))
    if not first:
        return [None] * len(requests)
    taken = await _take(connection, [(guard, made) for _, guard, made in first.values()], now)
    answered = {key: (guard.fingerprint, made) for key, (_, guard, made) in first.items()}
    answered |= await _read(connection, sorted(first.keys() - taken))
    return [
        None
        if guard is None or (key_of(guard) in taken and first[key_of(guard)][0] == place)
        else repeated(guard, *answered[key_of(guard)], made)
        for place, (guard, made) in enumerate(requests)
    ]


async def read_dedupe(fetch: Fetch, guards: Sequence[Dedupe], now: Instant) -> list[tuple[Accepted, ...] | None]:
    """What requests with these keys were answered; None: the key is free (or has expired)."""
    if not guards:
        return []
    rows = await fetch(sql.READ, *columns(sorted(map(key_of, guards)), 3))
    known = {_row_key(row): row for row in rows if row["expires_at"] > now}
    found = [(guard, known.get(key_of(guard))) for guard in guards]
    return [
        None if row is None else tuple(repeated(guard, row["fingerprint"], decode_texts(row["object_ids"]), ()))
        for guard, row in found
    ]


async def keep_answered(connection: Connection, answered: Sequence[tuple[Dedupe, Sequence[str]]]) -> None:
    """Corrects keys that were just taken: the request was answered with other ids than those that it brought along."""
    await run(connection, sql.KEEP, [(*key_of(guard), encode(list(ids))) for guard, ids in answered], 4)


async def drop_dedupe(connection: Connection, guards: Iterable[Dedupe | None]) -> None:
    """Forgets keys that were just taken for requests that then came to nothing."""
    await run(connection, sql.DROP, [key_of(guard) for guard in guards if guard is not None], 3)


async def _take(connection: Connection, wanted: Sequence[tuple[Dedupe, Sequence[str]]], now: Instant) -> set[Key]:
    rows = sorted((*key_of(guard), guard.fingerprint, encode(list(ids)), guard.expires_at) for guard, ids in wanted)
    return {_row_key(row) for row in await connection.fetch(sql.TAKE, *columns(rows, 6), now)}


async def _read(connection: Connection, keys: Sequence[Key]) -> dict[Key, tuple[str, Sequence[str]]]:
    rows = await connection.fetch(sql.READ, *columns(keys, 3)) if keys else ()
    return {_row_key(row): (row["fingerprint"], decode_texts(row["object_ids"])) for row in rows}


def key_of(guard: Dedupe) -> Key:
    return (guard.tenant, guard.scope, guard.key)


def _row_key(row: Row) -> Key:
    return (row["tenant_id"], row["scope"], row["key"])
