"""``holdfast jobs``: list, show, insert, retry, cancel."""

from typing import Annotated, Any

import typer
from rich.text import Text

from holdfast.cli.client import call
from holdfast.cli.documents import read_json_argument
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Json, Limit, Url, example, new_group
from holdfast.cli.screen import (
    ago,
    compact,
    error_words,
    lasted,
    print_fields,
    print_json,
    print_table,
    say,
    state,
    when,
)

app = new_group("List, show, insert, retry or cancel jobs.", "holdfast jobs list --state DEAD")

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]


@app.command("list", epilog=example("holdfast jobs list --state DEAD", "holdfast jobs list --kind http.request --json"))
def list_jobs(
    wanted: Annotated[str | None, typer.Option("--state", help="Only in this state, such as DEAD.")] = None,
    queue: Annotated[str | None, typer.Option(help="Only of this queue.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    run: Annotated[str | None, typer.Option(help="Only of this run.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    query = {"state": wanted.upper() if wanted else None, "queue": queue, "kind": kind, "run": run}
    items = call(url, lambda client: client.pages("jobs", query=query, limit=limit))
    if as_json:
        print_json(items)
        return
    rows = ((job["id"], state(job["state"]), job["kind"], job["queue"], ago(job["created_at"])) for job in items)
    print_table(("id", "state", "kind", "queue", "when"), rows, "There are no such jobs.")


@app.command(epilog=example("holdfast jobs show 01990000-0000-7000-8000-000000000000"))
def show(job_id: JobId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a job with its attempts and transitions."""
    job = call(url, lambda client: client.get("jobs", job_id))
    if as_json:
        print_json(job)
        return
    print_fields(_fields(job))
    say()
    rows = ((when(each["at"]), state(each["to"]), each["reason"]) for each in job["transitions"])
    print_table(("when", "state", "reason"), rows, "It has no history.")
    if job["attempts"]:
        say()
        print_table(("attempt", "outcome", "took", "error"), map(_attempt, job["attempts"]), "")


@app.command(
    epilog=example(
        'holdfast jobs insert task:recalculate --payload \'{"customer": "acme"}\'',
        "holdfast jobs insert noop --delay 5m",
    )
)
def insert(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What the job does: task:NAME or a node kind.")],
    payload: Annotated[str, typer.Option(metavar="JSON", help="JSON, @file, or - for standard input.")] = "{}",
    queue: Annotated[str, typer.Option(help="The queue.")] = "default",
    priority: Annotated[int, typer.Option(min=-100, max=100, help="Higher goes first.")] = 0,
    delay: Annotated[str | None, typer.Option(metavar="DURATION", help="Run it after this time: 30s, 5m, 1h.")] = None,
    unique_key: Annotated[
        str | None, typer.Option(help="Insert nothing while a job with this key hasn't ended.")
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Insert a job."""
    given = {"kind": kind, "payload": read_json_argument(payload, "payload"), "queue": queue, "priority": priority}
    optional = {"delay": delay, "unique_key": unique_key}
    body = {**given, **{name: value for name, value in optional.items() if value is not None}}
    _print(call(url, lambda client: client.post("jobs", body=body)), as_json=as_json)


@app.command(epilog=example("holdfast jobs retry 01990000-0000-7000-8000-000000000000"))
def retry(job_id: JobId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Run an ended job again, with a fresh retry budget."""
    _print(call(url, lambda client: client.post("jobs", job_id, "retry")), as_json=as_json)


@app.command(epilog=example("holdfast jobs cancel 01990000-0000-7000-8000-000000000000"))
def cancel(job_id: JobId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Cancel a job that hasn't ended; a running one is asked to stop."""
    _print(call(url, lambda client: client.post("jobs", job_id, "cancel")), as_json=as_json)


def _print(job: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(job)
    else:
        say(
            "job ",
            (job["id"], "bold"),
            " ",
            state(job["state"]),
            " (it was there already)" if job.get("duplicate") else "",
        )


def _fields(job: Any) -> list[tuple[str, str | Text]]:
    fields: list[tuple[str, str | Text]] = [
        ("job", job["id"]),
        ("kind", job["kind"]),
        ("state", state(job["state"])),
        ("queue", f"{job['queue']}, priority {job['priority']}"),
        ("due", when(job["run_at"])),
        ("attempt", f"{job['attempt']} of {job['max_attempts']}"),
        ("payload", compact(job["payload"], 500)),
        ("result", compact(job["result"], 500)),
    ]
    if job["run"]:
        fields.append(("run", f"{job['run']} node {job['node']}"))
    return [*fields, ("error", Text(error_words(job["error"]), "red"))] if job["error"] else fields


def _attempt(attempt: Any) -> tuple[str, str, str, Text]:
    error = f"{attempt['error_type']}: {attempt['error_message']}" if attempt["error_type"] else ""
    took = lasted(attempt["started_at"], attempt["finished_at"])
    return str(attempt["number"]), attempt["outcome"] or "running", took, Text(error, "red")
