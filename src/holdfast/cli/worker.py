"""``holdfast worker``: a process that only runs jobs.

On PostgreSQL it refuses to start while migrations are missing. SIGINT or SIGTERM: it claims nothing more, lets jobs end
within the grace, gives the rest back and ends with 0.
"""

from typing import Annotated

import typer

from holdfast.cli.options import Database, Tasks, example, new_app, tasks_of

app = new_app()


@app.command(
    epilog=example("holdfast worker", "holdfast worker --queues mail,default --concurrency 20 --tasks billing")
)
def worker(
    queues: Annotated[str, typer.Option(metavar="NAMES", help="The queues to serve, with commas between.")] = "default",
    concurrency: Annotated[int | None, typer.Option(min=1, max=10_000, help="How many jobs run at once.")] = None,
    tasks: Tasks = None,
    database_url: Database = None,
) -> None:
    """Start a worker process."""
    names = tuple(dict.fromkeys(name.strip() for name in queues.split(",") if name.strip()))
    if not names:
        raise typer.BadParameter("name at least one queue", param_hint="--queues")
    from holdfast.cli.serve import Plan, start  # here, so that --help needn't load the engine

    start(
        Plan("worker", queues=names),
        worker_concurrency=concurrency,
        tasks=tasks_of(tasks),
        database_url=database_url,
    )
