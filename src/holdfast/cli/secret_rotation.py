"""Another secret key for an instance: everything sealed in its store is sealed anew, without a server."""

import typer

from holdfast.cli.store_acts import record
from holdfast.compose import open_store
from holdfast.engine.rotation import Rotated, Rotation
from holdfast.local import found_keys, secret_digest
from holdfast.model.errors import Invalid, Problem
from holdfast.settings import Settings
from holdfast.vault import KeyVault


async def rotate(settings: Settings) -> Rotated:
    """Seals anew. Tells how far it is on standard error. Raises ``Invalid``, ``Unavailable``."""
    keys = found_keys(settings)
    if not keys:
        raise Invalid([Problem("HOLDFAST_SECRET_KEY", "must be set: the new key")], "There is no key to seal with")
    newest, *older = keys
    store = await open_store(settings)
    try:
        if await store.pending_migrations():
            raise Invalid([Problem("HOLDFAST_DATABASE_URL", "the database isn't migrated; run `holdfast migrate`")])
        digests = [secret_digest(key) for key in keys]
        known = [await store.instance_secret_known(digest) for digest in digests]
        if known[0] is not None and not any(known):
            rule = "must hold the key that this database was used with until now"
            raise Invalid([Problem("HOLDFAST_SECRET_KEY_PREVIOUS", rule)], "The secret keys don't fit")
        rotated = await Rotation(store, KeyVault(newest, *older), digests[0], digests[1:]).run(_tell)
        await record(store, "secrets.rotate", "", {"sealed_anew": rotated.resealed.total(), "done": rotated.done})
        return rotated
    finally:
        await store.close()


def _tell(so_far: Rotated) -> None:
    typer.echo(f"sealed anew: {so_far.resealed.total()}", err=True)
