"""``holdfast jobs``: insert, list, show, why, logs, retry, cancel, discard."""

from typing import Any

from holdfast.cli import job_logs
from holdfast.cli import job_options as options
from holdfast.cli.client import call
from holdfast.cli.documents import read_json_argument
from holdfast.cli.job_end import insert_job, print_end
from holdfast.cli.job_options import JOB_ID, All, JobId, JobIds, Kind, Queue, Reason, Run, State
from holdfast.cli.job_words import print_attempts, print_history, print_job, print_job_fields, print_why, read_job
from holdfast.cli.many_jobs import Choice, change_jobs
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, Yes, example, new_group
from holdfast.cli.screen import ago, print_json, print_page, say, say_more, state

app = new_group(
    "Insert, list, explain, retry, cancel or discard jobs.", "holdfast jobs list --state DEAD", "holdfast jobs why JOB"
)


@app.command("list", epilog=example("holdfast jobs list --state DEAD", "holdfast jobs list --kind http.request --json"))
def list_jobs(
    wanted: State = None,
    queue: Queue = None,
    kind: Kind = None,
    run: Run = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    query = {"state": wanted.upper() if wanted else None, "queue": queue, "kind": kind, "run": run}
    items, following = call(url, lambda client: client.page("jobs", query=query, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((job["id"], state(job["state"]), job["kind"], job["queue"], ago(job["created_at"])) for job in items)
    print_page(("id", "state", "kind", "queue", "when"), rows, "There are no such jobs.", following)


@app.command(epilog=example(f"holdfast jobs show {JOB_ID}"))
def show(job_id: JobId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a job with its attempts and transitions."""
    job = call(url, lambda client: client.get("jobs", job_id) if as_json else read_job(client, job_id))
    if as_json:
        print_json(job)
        return
    print_job_fields(job)
    say()
    print_history(job)
    if job["attempts"]:
        say()
        print_attempts(job)


@app.command(epilog=example(f"holdfast jobs why {JOB_ID}"))
def why(job_id: JobId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Tell why a job failed, died, waits or is kept back: in a sentence, then attempt by attempt."""
    job = call(url, lambda client: client.get("jobs", job_id) if as_json else read_job(client, job_id))
    if as_json:
        print_json({name: job[name] for name in ("id", "state", "why", "retry", "attempts", "transitions")})
    else:
        print_why(job)


app.command(epilog=job_logs.EPILOG)(job_logs.logs)


@app.command(
    epilog=example(
        'holdfast jobs insert task:recalculate --payload \'{"customer": "acme"}\'',
        "holdfast jobs insert noop --delay 5m --max-attempts 3 --backoff fixed --base-delay 10s",
        "holdfast jobs insert task:report --wait-at-most 60 --idempotency-key report-7",
        "holdfast jobs insert task:sync --concurrency-key acme --rate 10/1s",
    )
)
def insert(
    kind: options.NewKind,
    payload: options.Payload = "{}",
    queue: options.NewQueue = "default",
    priority: options.Priority = 0,
    tag: options.Tag = None,
    delay: options.Delay = None,
    run_at: options.RunAt = None,
    deadline: options.Deadline = None,
    timeout: options.Timeout = None,
    max_attempts: options.MaxAttempts = None,
    backoff: options.Backoff = None,
    base_delay: options.BaseDelay = None,
    max_delay: options.MaxDelay = None,
    jitter: options.Jitter = None,
    on_lost: options.OnLost = None,
    final_errors: options.FinalErrors = None,
    unique_key: options.UniqueKey = None,
    unique_window: options.UniqueWindow = None,
    unique_states: options.UniqueStates = None,
    debounce: options.Debounce = None,
    concurrency_key: options.ConcurrencyKey = None,
    concurrency_limit: options.ConcurrencyLimit = None,
    rate: options.KeyRate = None,
    idempotency_key: options.IdempotencyKey = None,
    wait: options.Wait = False,
    wait_at_most: options.WaitAtMost = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Insert a job."""
    policy = _named(
        max_attempts=max_attempts,
        strategy=backoff,
        base_delay=base_delay,
        max_delay=max_delay,
        jitter=jitter,
        on_lost=on_lost,
        final_errors=final_errors,
    )
    body = _named(
        kind=kind,
        payload=read_json_argument(payload, "payload"),
        queue=queue,
        priority=priority,
        tag=tag,
        delay=delay,
        run_at=run_at,
        deadline=deadline,
        timeout=timeout,
        retry=policy or None,
        unique_key=unique_key,
        unique_window=unique_window,
        unique_states=unique_states,
        debounce=debounce,
        concurrency_key=concurrency_key,
        concurrency_limit=concurrency_limit,
        rate=rate,
    )
    wait = wait or wait_at_most is not None
    job = call(url, lambda client: insert_job(client, body, idempotency_key, wait=wait, seconds=wait_at_most))
    (print_end if wait else print_job)(job, as_json=as_json)


app.command("add", hidden=True, epilog=example("holdfast jobs add noop --delay 5m"))(insert)


@app.command(
    epilog=example(
        f"holdfast jobs retry {JOB_ID}",
        "holdfast jobs retry --state DEAD --kind http.request",
        "holdfast jobs retry --all --yes",
    )
)
def retry(
    job_ids: JobIds = None,
    everything: All = False,
    wanted: State = None,
    queue: Queue = None,
    kind: Kind = None,
    run: Run = None,
    yes: Yes = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Run ended jobs again, with a fresh retry budget: one, several, or all that a filter finds.

    Without --state a filter finds those that are DEAD or FAILED; cancelled ones must be named.
    """
    choice = _choice(job_ids, everything, wanted, queue, kind, run)
    change_jobs("retry", choice, url, single=("jobs", "{}", "retry"), yes=yes, reason=None, as_json=as_json)


@app.command(epilog=example(f"holdfast jobs cancel {JOB_ID}", "holdfast jobs cancel --queue mail --yes"))
def cancel(
    job_ids: JobIds = None,
    everything: All = False,
    wanted: State = None,
    queue: Queue = None,
    kind: Kind = None,
    run: Run = None,
    yes: Yes = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Cancel jobs that haven't ended: one, several, or all that a filter finds; running ones are asked to stop."""
    choice = _choice(job_ids, everything, wanted, queue, kind, run)
    change_jobs("cancel", choice, url, single=("jobs", "{}", "cancel"), yes=yes, reason=None, as_json=as_json)


@app.command(
    epilog=example(
        f"holdfast jobs discard {JOB_ID} --reason 'the customer left'", "holdfast jobs discard --kind old --yes"
    )
)
def discard(
    job_ids: JobIds = None,
    reason: Reason = None,
    everything: All = False,
    wanted: State = None,
    queue: Queue = None,
    kind: Kind = None,
    run: Run = None,
    yes: Yes = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set jobs aside that failed or died: they become CANCELLED, with the reason on record."""
    choice = _choice(job_ids, everything, wanted, queue, kind, run)
    change_jobs("discard", choice, url, single=("jobs", "{}", "discard"), yes=yes, reason=reason, as_json=as_json)


def _choice(
    job_ids: list[str] | None,
    everything: bool,
    wanted: str | None,
    queue: str | None,
    kind: str | None,
    run: str | None,
) -> Choice:
    return Choice(tuple(job_ids or ()), everything, wanted.upper() if wanted else None, queue, kind, run)


def _named(**given: Any) -> dict[str, Any]:
    """What was given at all."""
    return {name: value for name, value in given.items() if value is not None}
