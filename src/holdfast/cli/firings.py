"""``holdfast firings``: what became of times, events, deliveries (also without a subcommand); show one, replay one."""

from typing import Annotated

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_list_group
from holdfast.cli.screen import print_json, say_more
from holdfast.cli.trigger_words import ROW, print_firing, print_firings

app = new_list_group(
    "List what became of each time, event and delivery; replay a delivery.",
    "holdfast firings --workflow welcome",
    "holdfast firings --verdict rejected",
    f"holdfast firings replay {ROW}",
)

Workflow = Annotated[str | None, typer.Option(help="Only of this workflow.")]
Rule = Annotated[str | None, typer.Option(help="Only of this rule.")]
Trigger = Annotated[str | None, typer.Option(help="Only of the trigger with this id in its definition.")]
Verdict = Annotated[str | None, typer.Option(help="Only started, skipped, not_met, rejected or failed.")]
Backfill = Annotated[str | None, typer.Option(help="Only of this backfill.")]
FiringId = Annotated[str, typer.Argument(metavar="FIRING", help="The firing's id.")]


@app.callback()
def firings(
    context: typer.Context,
    workflow: Workflow = None,
    rule: Rule = None,
    trigger: Trigger = None,
    verdict: Verdict = None,
    backfill: Backfill = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List what became of each time, event and delivery, newest first; replay a delivery."""
    if context.invoked_subcommand is None:
        list_firings(workflow, rule, trigger, verdict, backfill, limit, cursor, url, as_json)


@app.command("list", epilog=example("holdfast firings list --rule bills --verdict not_met"))
def list_firings(
    workflow: Workflow = None,
    rule: Rule = None,
    trigger: Trigger = None,
    verdict: Verdict = None,
    backfill: Backfill = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List firings, newest first."""
    query = {"workflow": workflow, "rule": rule, "trigger": trigger, "verdict": verdict, "backfill": backfill}
    items, following = call(url, lambda client: client.page("firings", query=query, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
    else:
        print_firings(items, following)


@app.command(epilog=example(f"holdfast firings show {ROW}"))
def show(firing: FiringId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a firing: what it saw, what each condition gave, what it started."""
    found = call(url, lambda client: client.get("firings", firing))
    if as_json:
        print_json(found)
    else:
        print_firing(found)


@app.command(epilog=example(f"holdfast firings replay {ROW}"))
def replay(firing: FiringId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Start a kept delivery again, as a new one."""
    found = call(url, lambda client: client.post("firings", firing, "replay"))
    if as_json:
        print_json(found)
    else:
        print_firing(found)
