"""A job in words: its fields, its attempts with errors and backoff, its history with workers and leases."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from rich.text import Text

from holdfast.cli.client import Client
from holdfast.cli.failures import Refused
from holdfast.cli.screen import (
    STYLES,
    compact,
    error_words,
    id_beginning,
    indented,
    lasted,
    print_fields,
    print_json,
    print_table,
    say,
    state,
    when,
)

_OUTCOMES: Final = {"succeeded": "SUCCEEDED", "failed": "FAILED", "lost": "FAILED", "cancelled": "CANCELLED"}
_INDENT: Final = 5


def print_job(job: Any, *, as_json: bool, remark: str = "") -> None:
    """A job after a change: its id and state; or the run that a retry of a run's job started."""
    if as_json:
        print_json(job)
        return
    if job.get("rerun_of"):
        say("run ", (job["id"], "bold"), f" started: it repeats run {job['rerun_of']} from what failed")
        return
    there = " (it was there already)" if job.get("duplicate") else ""
    say("job ", (job["id"], "bold"), " ", state(job["state"]), there, remark)


def print_why(job: Any) -> None:
    """The reason in a sentence, the policy, every attempt, and the whole history."""
    say(Text(job["why"], STYLES.get(job["state"], "")))
    say()
    say((f"policy   {policy_words(job)}", "dim"))
    say()
    print_attempts(job)
    say()
    print_history(job)


async def read_job(client: Client, job_id: str) -> Any:
    """A job for people: its workers by name and the beginning of their ids, for whoever may list workers."""
    job = await client.get("jobs", job_id)
    used = {each["worker"] for each in job["transitions"] if each["worker"]}
    if not used:
        return job
    try:
        names = {each["id"]: each["name"] for each in await client.whole("workers")}
    except Refused:
        return job
    for each in (job, *job["attempts"], *job["transitions"]):
        if each["worker"] in names:
            each["worker"] = f"{names[each['worker']]} ({id_beginning(each['worker'])})"
    return job


def policy_words(job: Any) -> str:
    """A retry policy in a line."""
    retry = job["retry"]
    if retry["max_attempts"] == 1:
        return "one attempt, no retry"
    delays = retry["base_delay"]
    if retry["strategy"] != "fixed":
        delays = f"from {delays} to {retry['max_delay']}"
    words = f"{retry['max_attempts']} attempts, {retry['strategy']} {delays}, jitter {retry['jitter']}"
    return words + (f"; never after {', '.join(retry['final_errors'])}" if retry["final_errors"] else "")


def print_attempts(job: Any) -> None:
    """Each attempt in a line, below it its error and what followed; a traceback once for attempts that share it."""
    attempts = job["attempts"]
    if not attempts:
        say("It was never attempted.")
        return
    say(("attempts", "bold"))
    folded = list(_folded(attempts))
    for (attempt, times), (following, _) in zip(folded, [*folded[1:], (None, 0)], strict=True):
        _print_attempt(attempt, times)
        trace = attempt["error_traceback"]
        if trace and (following is None or following["error_traceback"] != trace):
            indented(trace.rstrip(), _INDENT, "dim")


def _folded(attempts: list[Any]) -> Iterator[tuple[Any, int]]:
    """Each attempt, once for all that came to the same without an error one after another: the last, and how many."""
    for _, alike in groupby(attempts, lambda each: each["number"] if each["error_type"] else each["outcome"]):
        same = list(alike)
        yield same[-1], len(same)


def _print_attempt(attempt: Any, times: int) -> None:
    outcome = attempt["outcome"] or "running"
    took = lasted(attempt["started_at"], attempt["finished_at"])
    say(
        f"{attempt['number']:>3}  ",
        (f"{outcome:<9}", STYLES.get(_OUTCOMES.get(outcome, "RUNNING"), "")),
        f"  {when(attempt['started_at'])}  {took:>7}",
        (f"  worker {attempt['worker']}  lease {attempt['lease']}", "dim"),
        (f"  {times} times, this is the last", "dim") if times > 1 else "",
    )
    if attempt["error_type"]:
        indented(f"{attempt['error_type']}: {attempt['error_message']}", _INDENT, "red")
    if attempt["retry_at"]:
        wait = lasted(attempt["finished_at"], attempt["retry_at"])
        indented(f"next try after {wait}, at {when(attempt['retry_at'])}", _INDENT, "yellow")


def print_history(job: Any) -> None:
    """Every transition with its reason, worker and lease."""
    say(("history", "bold"))
    rows = (
        (
            when(each["at"]),
            state(each["to"]),
            each["reason"] if times == 1 else f"{each['reason']} ({times} times)",
            each["worker"] or "",
            str(each["lease"]) if each["lease"] else "",
        )
        for each, times in _rounds(job["transitions"])
    )
    print_table(("when", "state", "reason", "worker", "lease"), rows, "It has no history.")


def _rounds(transitions: list[Any]) -> Iterator[tuple[Any, int]]:
    """Each transition; of rounds that repeat (claimed, snoozed, claimed, …) only the last, with how many there were."""
    at = 0
    while at < len(transitions):
        times = 1
        while _alike(transitions[at : at + 2], transitions[at + 2 * times : at + 2 * times + 2]):
            times += 1
        last = at + 2 * (times - 1)
        if times == 1:
            yield transitions[at], 1
            at += 1
        else:
            yield from ((each, times) for each in transitions[last : last + 2])
            at = last + 2


def _alike(first: list[Any], second: list[Any]) -> bool:
    """Two rounds that came to the same, without an error."""
    names = ("to", "reason", "message")
    alike = [[each[name] for name in names] for each in first] == [[each[name] for name in names] for each in second]
    return len(first) == 2 and alike and all(each["message"] is None for each in first)


def print_job_fields(job: Any) -> None:
    """The job's own data, one field a line."""
    print_fields(_fields(job))


def _fields(job: Any) -> Iterator[tuple[str, str | Text]]:
    yield "job", job["id"]
    yield "kind", job["kind"]
    yield "state", state(job["state"])
    yield "why", job["why"].partition(": ")[2]
    yield "queue", f"{job['queue']}, priority {job['priority']}"
    yield from _keys(job)
    yield "due", when(job["run_at"])
    if job["deadline"]:
        yield "deadline", when(job["deadline"])
    # A retry by hand gives a new budget, and attempts are counted on.
    retried = any(each["reason"] == "manual_retry" for each in job["transitions"])
    yield "attempt", str(job["attempt"]) if retried else f"{job['attempt']} of {job['max_attempts']}"
    yield "policy", policy_words(job)
    if job["worker"]:
        yield "worker", f"{job['worker']}, lease {job['lease']}"
    if job["progress"] is not None:
        yield "progress", compact(job["progress"], 500)
    yield "payload", compact(job["payload"], 500)
    yield "result", compact(job["result"], 500)
    if job["run"]:
        yield "run", f"{job['run']} node {job['node']}"
    if job["error"]:
        yield "error", Text(error_words(job["error"]), "red")


def _keys(job: Any) -> Iterator[tuple[str, str | Text]]:
    for name in ("unique_key", "concurrency_key", "tag"):
        if job[name] is not None:
            blocked = " (blocked)" if name == "concurrency_key" and job["blocked"] else ""
            yield name.replace("_", " "), f"{job[name]}{blocked}"


def next_try(run_at: str) -> str:
    """``next try in 12 s``; ``now`` once it is due."""
    seconds = (datetime.fromisoformat(run_at) - datetime.now().astimezone()).total_seconds()
    return f"next try in {seconds:.0f} s" if seconds >= 1 else "next try now"
