"""Sealed secrets: this store keeps and gives back what it can't read."""

from collections.abc import Collection

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.secret import SealedSecret
from holdfast.stores.codec import encode_cursor
from holdfast.stores.postgres.paging import text_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import secrets as sql
from holdfast.stores.secret_rows import sealed_secret, secret_columns


class Secrets(Part):
    async def put_secret(self, secret: SealedSecret, now: Instant, seen: bytes | None = None) -> SealedSecret:
        """What is kept now. Its id is another when somebody else made the secret meanwhile: then nothing was replaced,
        as the value was sealed for this id and couldn't be opened there."""
        row = await self._db.first(sql.PUT, *secret_columns(secret), now, seen)
        if row is not None:
            return sealed_secret(row)
        kept = (await self.get_secrets(secret.tenant, [secret.name])).get(secret.name)
        if kept is None:
            raise Conflict(f"the secret {secret.name} is being changed by others; try again")
        return kept

    async def get_secrets(self, tenant: str, names: Collection[str]) -> dict[str, SealedSecret]:
        wanted = sorted(name for name in names if "\0" not in name)
        rows = await self._db.seen(sql.GET, tenant, wanted) if wanted else ()
        return {row["name"]: sealed_secret(row) for row in rows}

    async def list_secrets(self, tenant: str, cursor: str | None, limit: int) -> Page[SealedSecret]:
        rows = await self._db.seen(sql.LIST, tenant, text_after(cursor) or "", limit + 1)
        items = tuple(sealed_secret(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].name) if len(rows) > limit else None)

    async def delete_secret(self, tenant: str, name: str) -> None:
        if "\0" in name or not await self._db.fetch(sql.DELETE, tenant, name):
            raise NotFound(f"no secret {name}")
