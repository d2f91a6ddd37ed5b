"""`jobs logs`: what a job's attempts logged, for people and for programs."""

from __future__ import annotations

from typing import Any

from tests.cli.conftest import Cli
from tests.support.waiting import eventually_sync

SAYING = '{"message": "order 7", "level": "warning", "data": {"total": 12}}'


def logged(cli: Cli, job_id: str) -> Any:
    """The job's lines, once there are any."""
    return eventually_sync(lambda: cli.json("jobs", "logs", job_id), 30)


def test_lines_are_shown_by_attempt(cli: Cli) -> None:
    job = cli.json("jobs", "insert", "log", "--payload", SAYING)
    (line,) = logged(cli, job["id"])
    assert (line["level"], line["message"], line["attempt"]) == ("warning", "order 7", 1)
    shown = cli.good("jobs", "logs", job["id"])
    assert shown.startswith("attempt 1\n")
    assert 'warning   order 7 data={"total": 12}' in shown
    assert cli.good("jobs", "logs", job["id"], "--attempt", "2") == "Attempt 2 logged nothing.\n"


def test_a_job_that_logged_nothing_says_so(cli: Cli) -> None:
    job = cli.json("jobs", "insert", "noop", "--delay", "1h")
    assert cli.good("jobs", "logs", job["id"]) == "Nothing was logged.\n"
    assert cli.json("jobs", "logs", job["id"]) == []


def test_a_job_that_isnt_there_is_named(cli: Cli) -> None:
    done = cli("jobs", "logs", "01890000-0000-7000-8000-000000000000")
    assert done.returncode == 1
    assert done.stderr.startswith("Not found: ")
