"""``holdfast runs``: list, show, watch; what can be done to a run and what more is told of it stand beside this."""

from typing import Annotated, Any

import typer
from rich.text import Text

from holdfast.cli import run_control, run_parts
from holdfast.cli.client import call
from holdfast.cli.failures import PROBLEM
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_group
from holdfast.cli.run_control import RunId
from holdfast.cli.run_words import node_words, run_fields
from holdfast.cli.screen import (
    ago,
    compact,
    error_words,
    lasted,
    print_fields,
    print_json,
    print_page,
    print_table,
    say,
    say_more,
    state,
)
from holdfast.cli.watch import ending
from holdfast.cli.watch import watch as watch_run

app = new_group("List, show, watch and change runs.", "holdfast runs list --state FAILED", "holdfast runs rerun RUN")


@app.command("list", epilog=example("holdfast runs list --workflow welcome --state FAILED"))
def list_runs(
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    wanted: Annotated[str | None, typer.Option("--state", help="Only in this state, such as FAILED.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List runs, newest first."""
    query = {"workflow": workflow, "state": wanted.upper() if wanted else None}
    items, following = call(url, lambda client: client.page("runs", query=query, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = (
        (r["id"], state(r["state"]), r["workflow"], ago(r["created_at"]), lasted(r["started_at"], r["finished_at"]))
        for r in items
    )
    print_page(("id", "state", "workflow", "when", "took"), rows, "There are no such runs.", following)


@app.command(epilog=example("holdfast runs show 01990000-0000-7000-8000-000000000000"))
def show(run_id: RunId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a run with its nodes."""
    run = call(url, lambda client: client.get("runs", run_id))
    if as_json:
        print_json(run)
        return
    print_fields(run_fields(run))
    say()
    rows = (
        (node_id, state(node["state"]), str(node["attempts"]), _took(node), _result(node))
        for node_id, node in run["nodes"].items()
    )
    print_table(("node", "state", "attempts", "took", "result"), rows, "It has no nodes.")


@app.command(epilog=example("holdfast runs watch 01990000-0000-7000-8000-000000000000"))
def watch(run_id: RunId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a run live until it ends. Exit 1 when it ends otherwise than succeeded."""
    run = call(url, lambda client: watch_run(client, run_id, quiet=as_json))
    if as_json:
        print_json(run)
    else:
        say(ending(run))
    if run["state"] != "SUCCEEDED":
        raise typer.Exit(PROBLEM)


def _took(thing: Any) -> str:
    return lasted(thing["started_at"], thing["finished_at"])


def _result(node: Any) -> Text:
    if node["error"]:
        return Text(error_words(node["error"]), "red")
    if node["output"] is None:
        return Text(node_words(node), "yellow")
    return Text(compact(node["output"], 60), "dim")


app.add_typer(run_control.app)
app.add_typer(run_parts.app)
