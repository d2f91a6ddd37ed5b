"""Sealed values of all tables, and the values that the instance keeps of itself."""

from collections.abc import Collection, Sequence
from typing import Final

from holdfast.ports.sealed import SealedKind, SealedValue
from holdfast.stores.postgres.part import Part
from holdfast.stores.sealed_rows import PLACES, sealed_value

# Whole tables are read, in portions by primary key: a rotation is rare.
LIST: Final = {
    kind: f"""
SELECT * FROM {place.table} WHERE {place.column} IS NOT NULL AND substring({place.column} FROM 1 FOR $1) <> $2
AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4
"""
    for kind, place in PLACES.items()
}
RESEAL: Final = {
    kind: f"""
UPDATE {place.table} AS s SET {place.column} = n.new
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n (id, old, new)
WHERE s.id = n.id AND s.{place.column} = n.old
RETURNING s.id
"""
    for kind, place in PLACES.items()
}
READ: Final = "SELECT value FROM instance WHERE key = $1"
KEEP: Final = "INSERT INTO instance (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING"
REPLACE: Final = "UPDATE instance SET value = $2 WHERE key = $1 AND value = ANY ($3::text[]) RETURNING key"


class Sealed(Part):
    async def list_sealed(self, kind: SealedKind, mark: bytes, after: str | None, limit: int) -> list[SealedValue]:
        rows = await self._db.fetch(LIST[kind], len(mark), mark, after, limit)
        return [sealed_value(kind, row) for row in rows]

    async def reseal(self, values: Sequence[tuple[SealedValue, bytes]]) -> int:
        changed = 0
        for kind in dict.fromkeys(value.kind for value, _ in values):
            ours = sorted((value.row, value.sealed, new) for value, new in values if value.kind == kind)
            ids, old, new = (list(column) for column in zip(*ours, strict=True))
            changed += len(await self._db.fetch(RESEAL[kind], ids, old, new))
        return changed

    async def instance_value(self, key: str) -> str | None:
        kept = await self._db.value(READ, key)
        return None if kept is None else str(kept)

    async def keep_instance_value(self, key: str, value: str) -> str:
        await self._db.fetch(KEEP, key, value)
        return str(await self._db.value(READ, key))

    async def replace_instance_value(self, key: str, known: Collection[str], value: str) -> bool:
        return bool(await self._db.fetch(REPLACE, key, value, list(known)))
