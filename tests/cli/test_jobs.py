"""`jobs`, `queues` and `workers`."""

from __future__ import annotations

from tests.cli.conftest import Cli


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
    done = cli("jobs", "insert", "no kind", "--delay", "soon")
    assert done.returncode == 1
    assert "  kind: " in done.stderr
    assert "  delay: expected a duration" in done.stderr
    wrong = cli("jobs", "list", "--state", "gone")
    assert wrong.returncode == 1
    assert "  state: " in wrong.stderr


def test_queues_and_workers_are_listed(cli: Cli) -> None:
    cli.json("run", cli.applied(), "--wait")
    assert "default" in cli.good("queues", "list")
    assert "alive" in cli.good("workers", "list")
    assert cli.json("workers", "list")[0]["concurrency"] == 100
