"""`jobs`, `dead`, and what is done to many jobs: the shared server runs whatever these insert."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Cli, numbers
from tests.support.waiting import eventually_sync

DYING = ("fail", "--payload", '{"message": "no luck", "retryable": true}')
QUICKLY = ("--max-attempts", "2", "--backoff", "fixed", "--base-delay", "10ms", "--jitter", "none")
FAILING = ("fail", "--payload", '{"message": "never again"}')


def in_state(cli: Cli, job_id: str, state: str) -> Any:
    """The job, once it is in this state."""

    def there() -> Any:
        job = cli.json("jobs", "show", job_id)
        return job if job["state"] == state else None

    return eventually_sync(there, 30)


def queue() -> str:
    """A queue for this test alone."""
    return f"queue-{next(numbers)}"


def test_a_job_runs_and_is_shown_with_its_history(cli: Cli) -> None:
    job = cli.json("jobs", "insert", "noop", "--payload", '{"n": 1}')
    run = cli.json("run", cli.applied(), "--wait")
    assert run["state"] == "SUCCEEDED"  # the worker claims in order, so the job before it has been claimed too
    shown = cli.good("jobs", "show", job["id"])
    assert '{"n": 1}' in shown
    assert "inserted" in shown
    assert job["id"] in cli.good("jobs", "list", "--kind", "noop", "--limit", "500")


def test_a_job_that_waits_is_cancelled_and_run_again(cli: Cli) -> None:
    job = cli.json("jobs", "insert", "noop", "--delay", "1h", "--unique-key", "only-one")
    assert job["state"] == "SCHEDULED"
    assert "it was there already" in cli.good("jobs", "insert", "noop", "--unique-key", "only-one")
    assert "⊘ CANCELLED" in cli.good("jobs", "cancel", job["id"])
    again = cli("jobs", "cancel", job["id"])
    assert again.returncode == 1
    assert again.stderr.startswith("Conflict: ")
    assert cli.json("jobs", "retry", job["id"])["state"] in ("PENDING", "RUNNING", "SUCCEEDED")


def test_what_is_wrong_with_a_job_is_named(cli: Cli) -> None:
    done = cli("jobs", "insert", "no kind", "--delay", "soon", "--rate", "quick", "--max-attempts", "0")
    assert done.returncode == 1
    assert "  kind: " in done.stderr
    assert "  delay: expected a duration" in done.stderr
    assert "  rate: expected a rate such as 10/1s" in done.stderr
    assert "  retry.max_attempts: must be at least 1" in done.stderr
    wrong = cli("jobs", "list", "--state", "gone")
    assert wrong.returncode == 1
    assert "  state: " in wrong.stderr


def test_everything_that_a_job_can_be_given(cli: Cli) -> None:
    name = queue()
    job = cli.json(
        *("jobs", "insert", "noop", "--queue", name, "--priority", "7", "--tag", "gpu", "--timeout", "5m"),
        *("--run-at", "2998-01-31T09:30:00Z", "--deadline", "2999-01-31T09:30:00Z", "--on-lost", "stop"),
        *("--max-attempts", "4", "--backoff", "linear", "--base-delay", "2s", "--max-delay", "1m", "--jitter", "equal"),
        *("--final-error", "ValueError", "--final-error", "KeyError", "--unique-key", name, "--unique-window", "1h"),
        *("--unique-state", "PENDING", "--concurrency-key", name, "--concurrency-limit", "3", "--rate", "10/1s"),
    )
    assert job["retry"] == {
        "max_attempts": 4,
        "strategy": "linear",
        "base_delay": "2s",
        "max_delay": "1m",
        "jitter": "equal",
        "on_lost": "stop",
        "final_errors": ["ValueError", "KeyError"],
    }
    assert (job["queue"], job["priority"], job["tag"], job["timeout"]) == (name, 7, "gpu", "5m")
    assert (job["run_at"], job["deadline"]) == ("2998-01-31T09:30:00.000000Z", "2999-01-31T09:30:00.000000Z")
    assert (job["unique_key"], job["concurrency_key"]) == (name, name)
    shown = cli.good("jobs", "show", job["id"])
    assert "4 attempts, linear from 2s to 1m, jitter equal; never after ValueError, KeyError" in shown


def test_an_insert_waits_for_the_end(cli: Cli) -> None:
    done = cli("jobs", "insert", "noop", "--payload", '{"n": 7}', "--wait")
    assert (done.returncode, "✓ SUCCEEDED" in done.stdout, "result " in done.stdout) == (0, True, True), done.stderr
    failed = cli("jobs", "insert", *FAILING, "--wait")
    assert (failed.returncode, "fail: never again" in failed.stdout) == (1, True)
    late = cli("jobs", "insert", "noop", "--delay", "1h", "--wait-at-most", "0.2")
    assert (late.returncode, "SCHEDULED: it is due in" in late.stdout) == (1, True)


def test_an_insert_with_an_idempotency_key_is_done_once(cli: Cli) -> None:
    given = ("jobs", "insert", "noop", "--delay", "1h", "--idempotency-key", queue())
    assert cli.json(*given)["id"] == cli.json(*given)["id"]


def test_debounced_inserts_are_one_job(cli: Cli) -> None:
    ids = {cli.json("jobs", "insert", "noop", "--unique-key", "typing", "--debounce", "1h")["id"] for _ in range(2)}
    assert len(ids) == 1


def test_why_answers_with_a_sentence_every_attempt_and_the_history(cli: Cli) -> None:
    job = cli.json("jobs", "insert", *DYING, *QUICKLY)
    in_state(cli, job["id"], "DEAD")
    lines = cli.good("jobs", "why", job["id"]).splitlines()
    assert lines[0].startswith("DEAD: all 2 attempts failed; the last with fail: no luck (attempt 2 on worker ")
    assert "2 attempts, fixed 10ms, jitter none" in lines[2]
    text = "\n".join(lines)
    assert text.count("fail: no luck") == 3
    assert "next try after 10 ms" in text
    assert [line.split()[-1] for line in lines if "claimed" in line] == ["1", "2"]
    told = cli.json("jobs", "why", job["id"])
    assert set(told) == {"id", "state", "why", "retry", "attempts", "transitions"}


def test_dead_letters_are_listed_explained_replayed_and_discarded(cli: Cli) -> None:
    job = cli.json("jobs", "insert", *DYING, *QUICKLY)
    in_state(cli, job["id"], "DEAD")
    listed = cli.good("dead", "list", "--kind", "fail")
    assert f"{job['id']}  fail  default" in listed
    assert "  fail: no luck\n" in listed
    assert cli.json("dead", "list", "--queue", "nothing") == []
    assert "all 2 attempts failed" in cli.good("dead", "show", job["id"])
    cli.good("dead", "replay", job["id"])
    again = in_state(cli, job["id"], "DEAD")
    assert len(again["attempts"]) in (3, 4)
    assert "CANCELLED" in cli.good("dead", "discard", job["id"], "--reason", "sent by hand")
    assert "sent by hand" in cli.good("jobs", "why", job["id"])
    assert cli("dead", "replay", job["id"]).returncode == 1


def test_several_that_are_named_as_dead_letters_are_left_alone_unless_they_are(cli: Cli) -> None:
    job = cli.json("jobs", "insert", *DYING, *QUICKLY)
    other = cli.json("jobs", "insert", "noop", "--delay", "1h")
    cli.good("jobs", "cancel", other["id"])
    in_state(cli, job["id"], "DEAD")
    assert cli.json("dead", "replay", job["id"], other["id"]) == {"matched": 1, "changed": 1}
    assert cli.json("jobs", "show", other["id"])["state"] == "CANCELLED"


def test_many_are_changed_only_after_a_yes(cli: Cli) -> None:
    name = queue()
    cli.good("queues", "pause", name)
    ids = [cli.json("jobs", "insert", "noop", "--queue", name, "--delay", "1h")["id"] for _ in range(3)]
    refused = cli("jobs", "cancel", "--queue", name)
    assert refused.returncode == 2
    assert "this would cancel 3 jobs; add --yes to do it" in refused.stderr
    assert len(cli.json("jobs", "list", "--queue", name, "--state", "SCHEDULED")) == 3
    assert cli.good("jobs", "cancel", "--queue", name, "--yes") == "cancelled 3 jobs\n"
    assert cli.good("jobs", "cancel", "--queue", name) == "There are no such jobs.\n"
    assert cli.json("jobs", "retry", *ids, "--yes") == {"matched": 3, "changed": 3}
    assert cli.json("jobs", "cancel", "--state", "pending", "--queue", name, "--yes")["changed"] == 3


def test_jobs_that_could_not_be_changed_are_counted(cli: Cli) -> None:
    name = queue()
    ids = [cli.json("jobs", "insert", "noop", "--queue", name)["id"] for _ in range(2)]
    assert cli.good("jobs", "discard", *ids, "--reason", "old") == "discarded 0 jobs; 2 could not be\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("jobs", "retry"), "name a job, or choose some"),
        (("jobs", "cancel", "some-id", "--queue", "x"), "not both"),
        (("jobs", "cancel", "some-id", "--all"), "not both"),
        (("dead", "replay"), "name a job, or choose some"),
    ],
)
def test_a_choice_that_says_nothing_or_too_much_is_exit_2(cli: Cli, arguments: tuple[str, ...], told: str) -> None:
    done = cli(*arguments)
    assert (done.returncode, told in done.stderr) == (2, True)


def test_what_was_never_retried_is_said(cli: Cli) -> None:
    job = cli.json("jobs", "insert", *FAILING)
    in_state(cli, job["id"], "FAILED")
    assert "the error is one that is never retried: fail: never again" in cli.good("jobs", "why", job["id"])
    assert "FAILED" not in cli.good("jobs", "retry", "--kind", "fail", "--state", "FAILED", "--yes")


def test_a_list_that_has_more_says_how_to_go_on(cli: Cli) -> None:
    name = queue()
    ids = [cli.json("jobs", "insert", "noop", "--queue", name)["id"] for _ in range(3)]
    first = cli("jobs", "list", "--queue", name, "--limit", "2", "--json")
    assert [job["id"] for job in json.loads(first.stdout)] == ids[:0:-1]
    assert first.stderr.startswith("There are more: the same command with --cursor ")
    cursor = first.stderr.split()[-1]
    rest = cli("jobs", "list", "--queue", name, "--limit", "2", "--cursor", cursor, "--json")
    assert [job["id"] for job in json.loads(rest.stdout)] == ids[:1]
    assert rest.stderr == ""
    events = cli("events", "--limit", "1")
    assert events.stderr.startswith("These are the oldest. There are more: the same command with --after ")
    assert cli("events", "--limit", "1", "--after", events.stderr.split()[-1]).returncode == 0
