"""``holdfast server``: API, console and webhooks; jobs are run by ``holdfast worker`` processes.

On PostgreSQL it refuses to start while migrations are missing. Ends with 0 after SIGINT or SIGTERM.
"""

from holdfast.cli.options import Database, Host, Port, Tasks, example, new_app, tasks_of

app = new_app()


@app.command(epilog=example("holdfast server", "holdfast server --host 0.0.0.0 --port 8080"))
def server(host: Host = None, port: Port = None, tasks: Tasks = None, database_url: Database = None) -> None:
    """Start the API and the console, without a worker.

    Run `holdfast migrate` first on PostgreSQL. Start workers with `holdfast worker`, as many as you like.
    """
    from holdfast.cli.serve import Plan, start  # here, so that --help needn't load the server

    start(Plan("server"), host=host, port=port, tasks=tasks_of(tasks), database_url=database_url)
