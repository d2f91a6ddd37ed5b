"""``holdfast audit``: who did what, newest first; the whole log as lines of JSON; whether its chain holds."""

import sys
from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_group
from holdfast.cli.screen import print_json, print_table, say, when

app = new_group(
    "Who did what: list, export or check the audit log.",
    "holdfast audit list --outcome denied",
    "holdfast audit export > audit.ndjson",
)

Tenant = Annotated[
    str | None,
    typer.Option(metavar="ID", help='Of this tenant, or "" for the instance; for its admins. Your own by default.'),
]
Actor = Annotated[str | None, typer.Option(help="Only by this id, address of a person or name of a key.")]
Action = Annotated[str | None, typer.Option(help="Only this action, such as jobs.insert_job or jobs.*.")]
Target = Annotated[str | None, typer.Option(help="Only what was done to this.")]
Outcome = Annotated[str | None, typer.Option(help="done, denied, refused or failed.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Not before this time (RFC 3339).")]
Before = Annotated[str | None, typer.Option(metavar="TIME", help="Before this time (RFC 3339).")]


@app.command("list", epilog=example("holdfast audit list --action 'secrets.*' --since 2026-01-31T00:00:00Z"))
def list_audit(
    actor: Actor = None,
    action: Action = None,
    target: Target = None,
    outcome: Outcome = None,
    since: Since = None,
    before: Before = None,
    tenant: Tenant = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List entries, newest first."""
    wanted = {"actor": actor, "action": action, "target": target, "outcome": outcome, "since": since, "before": before}
    query = {**wanted, "tenant": tenant}
    items, following = call(url, lambda client: client.page("audit", query=query, limit=limit, cursor=cursor))
    if as_json:
        print_json({"items": items, "next": following})
        return
    print_table(("at", "who", "what", "to", "outcome", "from"), map(_row, items), "There are no such entries.")
    if following is not None:
        typer.echo(f"There are more: the same command with --cursor {following}", err=True)


@app.command(epilog=example("holdfast audit export > audit.ndjson"))
def export(
    actor: Actor = None,
    action: Action = None,
    target: Target = None,
    outcome: Outcome = None,
    since: Since = None,
    before: Before = None,
    tenant: Tenant = None,
    url: Url = DEFAULT_URL,
    _as_json: Annotated[bool, typer.Option("--json", help="Lines of JSON, as without it.")] = False,
) -> None:
    """Print all entries, oldest first, a line of JSON for each."""
    wanted = {"actor": actor, "action": action, "target": target, "outcome": outcome, "since": since, "before": before}

    async def printed(client: Client) -> None:
        async for part in client.text("audit", "export", query={**wanted, "tenant": tenant}):
            sys.stdout.buffer.write(part)

    call(url, printed)
    sys.stdout.flush()


@app.command(epilog=example("holdfast audit check"))
def check(tenant: Tenant = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """See whether the chain holds. Exits with 1 when it doesn't."""
    verdict: Any = call(url, lambda client: client.get("audit", "check", query={"tenant": tenant}))
    if as_json:
        print_json(verdict)
    elif verdict["intact"]:
        say(f"intact: {verdict['entries']} entries, ending in {verdict['head'] or 'nothing'}")
    else:
        say((f"broken at entry {verdict['broken_at']}", "red"), f" of {verdict['entries']}")
    if not verdict["intact"]:
        raise typer.Exit(1)


def _row(entry: Any) -> tuple[str, ...]:
    return (
        when(entry["at"]),
        _who(entry["actor"]),
        entry["action"],
        entry["target"],
        entry["outcome"],
        entry["address"],
    )


def _who(actor: Any) -> str:
    """A key and a command are marked as such: their names may be anybody's."""
    if actor["kind"] in ("key", "store"):
        return f"{actor['kind']} {actor['name']}"
    return str(actor["name"] or actor["kind"])
