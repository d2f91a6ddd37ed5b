"""``holdfast relay``: a process that offers ready work over Redis and looks after the store; it runs no jobs.

It needs PostgreSQL and ``HOLDFAST_REDIS_URL``. Every server and worker of such an instance has a relay inside: one of
its own keeps this work away from them. Several may run; one of all leads, and another takes over when it is gone.
Ends with 0 after SIGINT or SIGTERM.
"""

from holdfast.cli.options import Database, Tasks, example, new_app, tasks_of

app = new_app()


@app.command(epilog=example("holdfast relay", "HOLDFAST_REDIS_URL=redis://cache:6379/0 holdfast relay --tasks billing"))
def relay(tasks: Tasks = None, database_url: Database = None) -> None:
    """Start a relay: it offers ready work over Redis, and runs none.

    The address of Redis is read from HOLDFAST_REDIS_URL. Start as many as you like: one leads, the others stand by.
    """
    from holdfast.cli.serve import Plan, start  # here, so that --help needn't load the engine

    start(Plan("relay"), tasks=tasks_of(tasks), database_url=database_url)
