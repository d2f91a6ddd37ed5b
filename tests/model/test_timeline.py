"""A run's timeline: when its nodes waited, ran, were parked and retried."""

from typing import Final

from holdfast.model.event import Event
from holdfast.model.instant import SECOND, format_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.timeline import Segment, timeline_of
from tests.model.driving import NOW

# A move of a job: seconds since the beginning, its end, reason, attempt, and when it is due again.
Move = tuple[float, str, str, int] | tuple[float, str, str, int, float]

NAMES: Final = {"PENDING": "scheduled", "SCHEDULED": "scheduled", "RUNNING": "started", "WAITING": "waiting"}


def at(seconds: float) -> int:
    return NOW + int(seconds * SECOND)


def event(seconds: float, kind: str, node: str | None = None, **data: JSON) -> Event:
    return Event("c", "default", kind, at(seconds), data, "run", node, None if node is None else f"job-{node}")


def moves(*given: Move, node: str = "a") -> list[Event]:
    told = []
    for seconds, to, reason, attempt, *due in given:
        data: JSONObject = {"from": None, "to": to, "reason": reason, "attempt": attempt}
        if due:
            data["retry_at"] = format_instant(at(due[0]))
        told.append(event(seconds, f"job.{NAMES.get(to, to.lower())}", node, **data))
    return told


def shown(segments: list[Segment]) -> list[tuple[str, int, float, float | None, str | None]]:
    """(kind, attempt, begin, end, outcome) in seconds."""
    return [
        (
            segment.kind,
            segment.attempt,
            (segment.begin - NOW) / SECOND,
            None if segment.end is None else (segment.end - NOW) / SECOND,
            segment.outcome,
        )
        for segment in segments
    ]


START: Final[list[Move]] = [(0, "PENDING", "inserted", 0), (1, "RUNNING", "claimed", 1)]


def test_a_node_waits_and_runs() -> None:
    segments = timeline_of(moves(*START, (3, "SUCCEEDED", "succeeded", 1)))
    assert shown(segments) == [("waiting", 1, 0, 1, None), ("running", 1, 1, 3, "succeeded")]
    assert {(segment.node, segment.job) for segment in segments} == {("a", "job-a")}


def test_a_retry_backs_off_and_waits_again() -> None:
    told = moves(
        *START, (2, "SCHEDULED", "retry", 1, 5), (6, "RUNNING", "claimed", 2), (7, "DEAD", "retries_exhausted", 2)
    )
    assert shown(timeline_of(told)) == [
        ("waiting", 1, 0, 1, None),
        ("running", 1, 1, 2, "failed"),
        ("backoff", 2, 2, 5, None),
        ("waiting", 2, 5, 6, None),
        ("running", 2, 6, 7, "failed"),
    ]


def test_what_lasts_has_no_end() -> None:
    assert shown(timeline_of(moves(*START)))[-1] == ("running", 1, 1, None, None)
    backing_off = moves(*START, (2, "SCHEDULED", "retry", 1, 5))
    assert shown(timeline_of(backing_off))[-1] == ("backoff", 2, 2, None, None)
    assert shown(timeline_of(backing_off, at(4)))[-1] == ("backoff", 2, 2, None, None)
    assert shown(timeline_of(backing_off, at(9)))[-2:] == [("backoff", 2, 2, 5, None), ("waiting", 2, 5, None, None)]


def test_a_lost_attempt_gives_its_number_back() -> None:
    told = moves(*START, (4, "PENDING", "lost", 1), (5, "RUNNING", "claimed", 1), (6, "SUCCEEDED", "succeeded", 1))
    assert shown(timeline_of(told))[1:] == [
        ("running", 1, 1, 4, "lost"),
        ("waiting", 1, 4, 5, None),
        ("running", 1, 5, 6, "succeeded"),
    ]


def test_a_delay_is_parked_until_it_is_due() -> None:
    told = moves(
        *START, (2, "SCHEDULED", "snoozed", 1, 10), (10, "RUNNING", "claimed", 1), (11, "SUCCEEDED", "succeeded", 1)
    )
    assert shown(timeline_of(told))[1:] == [
        ("running", 1, 1, 2, "snoozed"),
        ("parked", 1, 2, 10, None),
        ("running", 1, 10, 11, "succeeded"),
    ]


def test_a_wait_is_parked_until_a_signal_or_its_timeout() -> None:
    for reason in ("resumed", "timed_out"):
        told = moves(*START, (2, "WAITING", "suspended", 1), (30, "SUCCEEDED", reason, 1))
        assert shown(timeline_of(told))[1:] == [("running", 1, 1, 2, "suspended"), ("parked", 1, 2, 30, reason)]


def test_a_pause_holds_what_waits_and_leaves_the_rest() -> None:
    told = sorted(
        [
            *moves((0, "PENDING", "inserted", 0), (9, "RUNNING", "claimed", 1), node="waits"),
            *moves(*START, (3, "SUCCEEDED", "succeeded", 1), node="runs"),
            *moves(*START, (1.5, "WAITING", "suspended", 1), (6, "SUCCEEDED", "resumed", 1), node="parked"),
            *moves((3, "PENDING", "inserted", 0), node="next"),
            event(2, "workflow.paused", by="ada"),
            event(8, "workflow.resumed", by="ada"),
        ],
        key=lambda told: told.at,
    )
    segments = timeline_of(told)
    by_node = {name: shown([s for s in segments if s.node == name]) for name in ("waits", "runs", "parked", "next")}
    assert by_node["waits"] == [
        ("waiting", 1, 0, 2, None),
        ("held", 1, 2, 8, None),
        ("waiting", 1, 8, 9, None),
        ("running", 1, 9, None, None),
    ]
    assert by_node["runs"][1] == ("running", 1, 1, 3, "succeeded")
    assert by_node["parked"][2] == ("parked", 1, 1.5, 6, "resumed")
    assert by_node["next"] == [("held", 1, 3, 8, None), ("waiting", 1, 8, None, None)]


def test_a_backoff_that_a_pause_interrupts_goes_on_or_is_over() -> None:
    told = [
        *moves(*START, (2, "SCHEDULED", "retry", 1, 6)),
        event(3, "workflow.paused"),
        event(4, "workflow.resumed"),
        event(5, "workflow.paused"),
        event(8, "workflow.resumed"),
        *moves((9, "CANCELLED", "run_cancelled", 1)),
    ]
    assert shown(timeline_of(told))[2:] == [
        ("backoff", 2, 2, 3, None),
        ("held", 2, 3, 4, None),
        ("backoff", 2, 4, 5, None),
        ("held", 2, 5, 8, None),
        ("waiting", 2, 8, 9, None),
    ]


def test_segments_of_all_nodes_come_by_their_beginning() -> None:
    told = [*moves(*START), *moves((0.5, "PENDING", "inserted", 0), node="b"), event(2, "node.completed", "x")]
    told += [event(3, "job.scheduled"), Event("c", "default", "node.skipped", at(4), {}, "run", "b", None)]
    assert [(segment.node, segment.kind) for segment in timeline_of(told)] == [
        ("a", "waiting"),
        ("b", "waiting"),
        ("a", "running"),
    ]


def test_no_events_no_segments() -> None:
    assert timeline_of([]) == []
