"""``holdfast runs``: what can be done to a run: cancel, pause, resume, rerun, signal, approve, reject."""

from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.documents import read_json_argument
from holdfast.cli.failures import PROBLEM
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_app
from holdfast.cli.run_words import print_run
from holdfast.cli.screen import print_json, say
from holdfast.cli.watch import ENDED, ending, watch
from holdfast.model.errors import Invalid, Problem

app = new_app()

RUN_ID = "01990000-0000-7000-8000-000000000000"
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")]
Node = Annotated[
    str | None, typer.Argument(metavar="[NODE]", help="The approval's node id; left out, the only one that waits.")
]
Comment = Annotated[str | None, typer.Option(help="Kept with the decision.")]


@app.command(epilog=example(f"holdfast runs cancel {RUN_ID}", f"holdfast runs cancel {RUN_ID} --compensate"))
def cancel(
    run_id: RunId,
    compensate: Annotated[bool, typer.Option("--compensate", help="Undo first what succeeded.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Cancel a run that is going on; again while it compensates, it ends at once."""
    run = call(url, lambda client: client.post("runs", run_id, "cancel", body={"compensate": compensate}))
    if as_json:
        print_json(run)
    elif run["state"] in ENDED:
        say(ending(run))
    else:
        say("run ", (run["id"], "bold"), " undoes what succeeded, and then ends")


@app.command(epilog=example(f"holdfast runs pause {RUN_ID}"))
def pause(run_id: RunId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Pause a run: what runs ends, nothing new starts; signals are kept, its timeout goes on."""
    print_run(call(url, lambda client: client.post("runs", run_id, "pause")), as_json=as_json)


@app.command(epilog=example(f"holdfast runs resume {RUN_ID}"))
def resume(run_id: RunId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let a paused run go on."""
    print_run(call(url, lambda client: client.post("runs", run_id, "resume")), as_json=as_json)


@app.command(
    epilog=example(
        f"holdfast runs rerun {RUN_ID} --watch", f"holdfast runs rerun {RUN_ID} --from enrich --version newest"
    )
)
def rerun(
    run_id: RunId,
    start: Annotated[
        str, typer.Option("--from", metavar="WHERE", help="failed, start, or a node: it and what follows run again.")
    ] = "failed",
    version: Annotated[str, typer.Option(help="same, or newest: that of the workflow now.")] = "same",
    watched: Annotated[bool, typer.Option("--watch", help="Show the new run live until it ends.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Repeat an ended run as a new one: from what failed, from its start, or from a node."""
    body = {"from": start, "version": version}
    run = call(url, lambda client: _rerun(client, run_id, body, watched=watched, quiet=as_json))
    if as_json:
        print_json(run)
    elif watched:
        say(ending(run))
    else:
        say("run ", (run["id"], "bold"), f" started, a rerun of {run_id}")
    if watched and run["state"] != "SUCCEEDED":
        raise typer.Exit(PROBLEM)


async def _rerun(client: Client, run_id: str, body: Any, *, watched: bool, quiet: bool) -> Any:
    run = await client.post("runs", run_id, "rerun", body=body)
    return await watch(client, run["id"], quiet=quiet) if watched else run


@app.command(epilog=example(f"holdfast runs signal {RUN_ID} paid --payload '{{\"amount\": 900}}'"))
def signal(
    run_id: RunId,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the node waits for: its id, or a wait.event's name.")
    ],
    payload: Annotated[str, typer.Option(metavar="JSON", help="JSON, @file, or - for standard input.")] = "{}",
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Send a signal: it ends the node that waits for it, now or as soon as one does."""
    body = read_json_argument(payload, "payload")
    print_run(call(url, lambda client: client.post("runs", run_id, "signals", name, body=body)), as_json=as_json)


@app.command(epilog=example(f"holdfast runs approve {RUN_ID}", f"holdfast runs approve {RUN_ID} pay --comment 'fine'"))
def approve(
    run_id: RunId, node: Node = None, comment: Comment = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Approve what a run waits for."""
    print_run(call(url, lambda client: _decide(client, run_id, node, True, comment)), as_json=as_json)


@app.command(epilog=example(f"holdfast runs reject {RUN_ID} --comment 'too much'"))
def reject(
    run_id: RunId, node: Node = None, comment: Comment = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Reject what a run waits for."""
    print_run(call(url, lambda client: _decide(client, run_id, node, False, comment)), as_json=as_json)


async def _decide(client: Client, run_id: str, node: str | None, approved: bool, comment: str | None) -> Any:
    node = node or await _only_approval(client, run_id)
    body = {"approved": approved, **({"comment": comment} if comment is not None else {})}
    return await client.post("runs", run_id, "signals", node, body=body)


async def _only_approval(client: Client, run_id: str) -> str:
    """The node of the one approval that the run waits for. Raises ``Invalid`` when there are none or several."""
    nodes = [wait["node"] for wait in await client.whole("runs", run_id, "waits") if wait["kind"] == "approval"]
    if len(nodes) == 1:
        return str(nodes[0])
    rule = (
        f"name one of {', '.join(nodes)}"
        if nodes
        else "the run waits for no approval now; name the node to decide ahead"
    )
    raise Invalid([Problem("NODE", rule)], "Which approval?")
