"""``holdfast dead``: the dead letters: list (also without a subcommand), show, replay, discard."""

from typing import Annotated

import typer

from holdfast.cli.client import call
from holdfast.cli.job_words import print_why, read_job
from holdfast.cli.many_jobs import Choice, change_jobs
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, Yes, example, new_list_group
from holdfast.cli.screen import ago, error_words, print_json, say, say_in_a_line, say_more

app = new_list_group("List, replay or discard dead letters.", "holdfast dead", "holdfast dead replay --queue mail")

_ID = "01990000-0000-7000-8000-000000000000"
JobIds = Annotated[list[str] | None, typer.Argument(metavar="[JOB...]", help="Ids of dead letters.")]
Queue = Annotated[str | None, typer.Option(help="Only of this queue.")]
Kind = Annotated[str | None, typer.Option(help="Only of this kind.")]
All = Annotated[bool, typer.Option("--all", help="All dead letters.")]


@app.callback()
def dead(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List, replay or discard dead letters."""
    if context.invoked_subcommand is None:
        list_dead(None, None, DEFAULT_LIMIT, None, url, as_json)


@app.command("list", epilog=example("holdfast dead list --queue mail"))
def list_dead(
    queue: Queue = None,
    kind: Kind = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List dead letters, newest first, with the error that each died of."""
    query = {"queue": queue, "kind": kind}
    items, following = call(url, lambda client: client.page("dead-letters", query=query, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    for job in items:
        say((job["id"], "bold"), f"  {job['kind']}  {job['queue']}  ", (ago(job["finished_at"]), "dim"))
        say_in_a_line("  ", (error_words(job["error"]), "red"))
    if not items:
        say("There are no dead letters.")
    say_more(following)


@app.command(epilog=example(f"holdfast dead show {_ID}"))
def show(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The dead letter's id.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Tell why a job died: in a sentence, then attempt by attempt."""
    job = call(url, lambda client: client.get("jobs", job_id) if as_json else read_job(client, job_id))
    if as_json:
        print_json(job)
    else:
        print_why(job)


@app.command(epilog=example(f"holdfast dead replay {_ID}", "holdfast dead replay --kind http.request --yes"))
def replay(
    job_ids: JobIds = None,
    everything: All = False,
    queue: Queue = None,
    kind: Kind = None,
    yes: Yes = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Run dead letters again, with a fresh retry budget: one, several, or all that a filter finds."""
    choice = _choice(job_ids, everything, queue, kind)
    change_jobs("retry", choice, url, single=("dead-letters", "{}", "replay"), yes=yes, reason=None, as_json=as_json)


@app.command(epilog=example(f"holdfast dead discard {_ID} --reason 'sent by hand'"))
def discard(
    job_ids: JobIds = None,
    reason: Annotated[str | None, typer.Option(help="Why; kept on record.")] = None,
    everything: All = False,
    queue: Queue = None,
    kind: Kind = None,
    yes: Yes = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set dead letters aside: they become CANCELLED, with the reason on record."""
    choice = _choice(job_ids, everything, queue, kind)
    path = ("dead-letters", "{}", "discard")
    change_jobs("discard", choice, url, single=path, yes=yes, reason=reason, as_json=as_json)


def _choice(job_ids: list[str] | None, everything: bool, queue: str | None, kind: str | None) -> Choice:
    chosen = everything or queue is not None or kind is not None
    return Choice(tuple(job_ids or ()), state="DEAD" if chosen else None, queue=queue, kind=kind, only="DEAD")
