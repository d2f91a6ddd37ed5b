"""A job's attempts and history in words: what repeats without an error is one line with a count."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.cli.job_words import print_attempts, print_history

AT = "2026-01-31T09:30:00.000000Z"


def attempt(number: int, outcome: str, error: str | None = None) -> dict[str, Any]:
    times = {"started_at": AT, "finished_at": AT, "retry_at": None}
    errors = {"error_type": error, "error_message": error and "no luck", "error_traceback": None}
    return {"number": number, "lease": number, "worker": "w", "outcome": outcome, **times, **errors}


def moves(lease: int, *reasons: str) -> list[dict[str, Any]]:
    to = {"claimed": "RUNNING", "snoozed": "SCHEDULED", "inserted": "PENDING", "succeeded": "SUCCEEDED"}
    plain = {"at": AT, "worker": "w", "lease": lease, "message": None}
    return [{**plain, "to": to[reason], "reason": reason} for reason in reasons]


def test_a_job_that_snoozed_often_is_told_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    snoozed = [attempt(number, "snoozed") for number in range(1, 34)]
    print_attempts({"attempts": [*snoozed, attempt(34, "succeeded")]})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "lease 33" in lines[1]
    assert lines[1].endswith("33 times, this is the last")
    assert "times" not in lines[2]


def test_attempts_that_failed_are_each_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_attempts({"attempts": [attempt(1, "failed", "ValueError"), attempt(2, "failed", "ValueError")]})
    assert capsys.readouterr().out.count("ValueError: no luck") == 2


def test_a_history_that_goes_round_is_told_once_with_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    rounds = [move for lease in range(1, 34) for move in moves(lease, "claimed", "snoozed")]
    print_history({"transitions": [*moves(0, "inserted"), *rounds, *moves(34, "claimed", "succeeded")]})
    lines = [line.split("2026-")[-1] for line in capsys.readouterr().out.splitlines()[2:]]
    assert ["33 times" in line for line in lines] == [False, True, True, False, False]
    assert [line.split()[-1] for line in lines[1:]] == ["33", "33", "34", "34"]
