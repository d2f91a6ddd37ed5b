"""``holdfast migrate``: applies missing migrations under a lock; doing it twice, or by two processes, is harmless."""

import asyncio

from holdfast.cli.options import Database, Json, example, new_app
from holdfast.cli.screen import print_json, say

app = new_app()


@app.command(epilog=example("holdfast migrate", "holdfast migrate --database-url postgresql://holdfast@db/holdfast"))
def migrate(database_url: Database = None, as_json: Json = False) -> None:
    """Bring the database's tables up to date."""
    from holdfast.compose import open_store  # here, so that --help needn't load the engine
    from holdfast.settings import load

    async def migrating() -> list[str]:
        store = await open_store(load(database_url=database_url))
        try:
            return await store.migrate()
        finally:
            await store.close()

    applied = asyncio.run(migrating())
    if as_json:
        print_json({"applied": applied})
        return
    for name in applied:
        say(("applied ", "green"), name)
    if not applied:
        say("The database is up to date.")
