"""``holdfast up``: API, console, webhooks, engine and worker in one process.

The database's tables are brought up to date by itself. Ends with 0 after SIGINT or SIGTERM.
"""

from typing import Annotated

import typer

from holdfast.cli.options import Database, Host, Port, Tasks, example, new_app, tasks_of

app = new_app()


@app.command(epilog=example("holdfast up --samples", "holdfast up --port 0 --tasks billing.tasks"))
def up(
    samples: Annotated[bool, typer.Option("--samples", help="Load the sample workflows that are missing.")] = False,
    host: Host = None,
    port: Port = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=10_000, help="How many jobs run at once.")] = None,
    tasks: Tasks = None,
    database_url: Database = None,
) -> None:
    """Start everything in one process: API, console, worker.

    Without a database setting it makes a SQLite file in .holdfast/ here. The last line of its start is "ready at http://…".
    Every setting can also be a HOLDFAST_ variable; `holdfast doctor` shows them.
    """
    from holdfast.cli.serve import Plan, start  # here, so that --help needn't load the server

    start(
        Plan("all", samples=samples),
        host=host,
        port=port,
        worker_concurrency=concurrency,
        tasks=tasks_of(tasks),
        database_url=database_url,
    )
