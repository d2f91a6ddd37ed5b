"""``holdfast run``: starts a run of a workflow's newest version and, if asked, waits for its end.

Exit 0 when the run was started (or, waited for, succeeded), 1 when it was refused or ended otherwise.
"""

from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.documents import read_json_argument
from holdfast.cli.failures import PROBLEM
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_app
from holdfast.cli.screen import compact, print_json, say
from holdfast.cli.watch import ending, watch
from holdfast.model.json import JSON

app = new_app()


@app.command(
    epilog=example(
        'holdfast run welcome --input \'{"email": "ada@example.com"}\' --watch',
        "holdfast run welcome --input @lead.json --wait --json",
    )
)
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The workflow's name or id.")],
    given: Annotated[
        str, typer.Option("--input", metavar="JSON", help="The run's input: JSON, @file, or - for standard input.")
    ] = "{}",
    watched: Annotated[bool, typer.Option("--watch", help="Show the run live until it ends.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the run has ended, showing nothing meanwhile.")
    ] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Start a run of a workflow.

    Without --watch or --wait it prints the run's id and returns at once.
    """
    document = read_json_argument(given, "input")
    ended = watched or wait
    found = call(url, lambda client: _run(client, name, document, shown=watched and not as_json, ended=ended))
    if as_json:
        print_json(found)
    elif ended:
        say(ending(found))
        if found["output"] is not None:
            say(("output ", "dim"), compact(found["output"]))
    else:
        say("run ", (found["id"], "bold"), " started")
    if ended and found["state"] != "SUCCEEDED":
        raise typer.Exit(PROBLEM)


async def _run(client: Client, name: str, given: JSON, *, shown: bool, ended: bool) -> Any:
    started = await client.post("workflows", name, "runs", body={"input": given})
    return await watch(client, started["id"], quiet=not shown) if ended else started
