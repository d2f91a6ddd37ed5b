"""From rows to records. Both stores select columns of the same names; ids are text, times are integers, JSON is text.

``Row`` is whatever the driver gives that answers ``row["column"]``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from holdfast.model.event import Event
from holdfast.model.instant import LATEST, Instant
from holdfast.model.job import ClaimedJob, JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate
from holdfast.model.records import (
    ChildRecord,
    JobRecord,
    Mail,
    QueueRecord,
    RunContext,
    RunNodeRecord,
    RunRecord,
    TenantRecord,
    VersionRecord,
    WaitRecord,
    WorkerRecord,
    WorkflowRecord,
)
from holdfast.model.run import RUN_ENDED, NodeState, NodeView, RunState, RunView
from holdfast.model.spawn import ChildState
from holdfast.stores.codec import (
    decode,
    decode_egress,
    decode_error,
    decode_family,
    decode_object,
    decode_policy,
    decode_retention,
    decode_texts,
    decode_wait,
)
from holdfast.stores.settling import state_at


class Row(Protocol):
    def __getitem__(self, column: str, /) -> Any: ...


def job_state(state: str, due_at: Instant, now: Instant) -> JobState:
    """The state as shown: a SCHEDULED job that is due is PENDING, and one that is held shows as its time says."""
    shown = state_at(state, due_at, now)
    return JobState.PENDING if shown is JobState.SCHEDULED and due_at <= now else shown


def job_record(row: Row, now: Instant) -> JobRecord:
    """Of a job joined with its live row (whose columns win while there is one)."""
    state = job_state(row["state"], row["due_at"], now)
    return JobRecord(
        id=row["id"],
        tenant=row["tenant_id"],
        kind=row["kind"],
        queue=row["queue"],
        state=state,
        priority=row["priority"],
        payload=decode(row["payload"]),
        result=decode(row["result"]),
        error=decode(row["error"]),
        attempt=row["attempt"],
        retry=decode_policy(row["retry"]),
        timeout=row["timeout"],
        run_at=row["due_at"],
        deadline_at=row["deadline_at"],
        run_id=row["run_id"],
        node_id=row["node_id"],
        unique_key=row["unique_key"],
        correlation_id=row["correlation_id"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        worker=row["worker_id"],
        lease=row["lease"],
        concurrency_key=row["concurrency_key"],
        tag=row["tag"],
        blocked=bool(row["gated"]) and state is JobState.PENDING,
        progress=decode(row["progress"]),
        stopping=bool(row["cancel_requested"]),
    )


def claimed_job(row: Row) -> ClaimedJob:
    """Of a live row joined with its fat row and, for a run's job, the run's ``version_id``."""
    return ClaimedJob(
        id=row["id"],
        tenant=row["tenant_id"],
        kind=row["kind"],
        queue=row["queue"],
        payload=decode(row["payload"]),
        attempt=row["attempt"],
        used=row["attempt"] - row["base_attempt"],
        lost=row["lost"],
        lease=row["lease"],
        started_at=row["started_at"],
        created_at=row["created_at"],
        retry=decode_policy(row["retry"]),
        timeout=row["timeout"],
        deadline_at=row["deadline_at"],
        correlation_id=row["correlation_id"],
        run_id=row["run_id"],
        node_id=row["node_id"],
        version_id=row["version_id"],
    )


def around_of(closure: JSONObject, item: JSON, index: int) -> JSONObject:
    """What a run of a body sees of its surroundings; ``item`` and ``index`` hide those further out."""
    return {**closure, "item": item, "index": index}


def run_view(row: Row, nodes: Iterable[Row], around: JSONObject | None = None) -> RunView:
    """A locked run with its reached nodes (a row may stand for many); outputs are loaded when they are asked for."""
    return RunView(
        id=row["id"],
        tenant=row["tenant_id"],
        workflow=row["workflow"],
        version=row["version"],
        version_id=row["version_id"],
        state=RunState(row["state"]),
        input=decode(row["input"]),
        trigger=decode_object(row["trigger"]),
        correlation_id=row["correlation_id"],
        created_at=row["created_at"],
        failure=decode_error(row["error"]),
        ending=None if row["ending"] is None else RunState(row["ending"]),
        body=row["body"],
        around=around,
        nodes=_node_views(nodes),
    )


def _node_views(rows: Iterable[Row]) -> dict[str, NodeView]:
    views: dict[str, NodeView] = {}
    for row in rows:
        views.update(dict.fromkeys(row["nodes"], _node_view(row)))
    return views


def _node_view(row: Row) -> NodeView:
    return NodeView(NodeState(row["state"]), frozenset(ports_of(row["ports"])), row["job_id"])


def ports_of(text: str | None) -> tuple[str, ...]:
    """Ports are stored as words: their names have no spaces."""
    return tuple(text.split()) if text else ()


def run_record(row: Row, nodes: Mapping[str, RunNodeRecord] | None = None) -> RunRecord:
    """``row["busy"]``: whether something of the run is due or running (a RUNNING run without is shown WAITING)."""
    state = RunState(row["state"])
    if state is RunState.RUNNING and not row["busy"]:
        state = RunState.WAITING
    return RunRecord(
        id=row["id"],
        tenant=row["tenant_id"],
        workflow_id=row["workflow_id"],
        workflow=row["workflow"],
        version=row["version"],
        version_id=row["version_id"],
        state=state,
        input=decode(row["input"]),
        output=decode(row["output"]),
        error=decode(row["error"]) if state in RUN_ENDED or row["error"] else None,
        trigger=decode_object(row["trigger"]),
        parent=row["parent_id"],
        correlation_id=row["correlation_id"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        nodes=nodes,
        parent_node=row["parent_node"],
        parent_index=row["parent_index"],
        rerun_of=row["rerun_of"],
        body=row["body"],
    )


def wait_record(row: Row) -> WaitRecord:
    """Of a wait joined with its live job's ``due_at``."""
    return WaitRecord(
        job_id=row["job_id"],
        tenant=row["tenant_id"],
        run_id=row["run_id"],
        node_id=row["node_id"],
        wait=decode_wait(row["wait"]),
        until=None if row["due_at"] >= LATEST else row["due_at"],
    )


def child_record(row: Row) -> ChildRecord:
    return ChildRecord(
        index=row["idx"],
        state=ChildState(row["state"]),
        run_id=row["child_id"],
        item=decode(row["item"]),
        output=decode(row["output"]),
        error=decode(row["error"]),
    )


def run_node_record(row: Row, now: Instant, waits: WaitRecord | None = None) -> RunNodeRecord:
    """Of a node joined with its live job: ``live_state``, ``live_due_at``, ``live_attempt``, ``live_started_at``."""
    state: str = row["state"]
    attempts, started_at = row["attempts"], row["started_at"]
    if row["live_state"] is not None:
        state = job_state(row["live_state"], row["live_due_at"], now).value
        attempts, started_at = row["live_attempt"], row["live_started_at"]
    return RunNodeRecord(
        node_id=row["node_id"],
        state=state,
        attempts=attempts,
        output=decode(row["output"]),
        error=decode(row["error"]),
        job_id=row["job_id"],
        started_at=started_at,
        finished_at=row["finished_at"],
        ports=ports_of(row["ports"]),
        family=decode_family(row["family"]),
        waits=waits,
    )


def run_context(row: Row, values: Iterable[Row], around: JSONObject | None = None) -> RunContext:
    """Of a run and rows of ``node_id, output, error``."""
    loaded = list(values)
    return RunContext(
        run_id=row["id"],
        workflow=row["workflow"],
        version=row["version"],
        version_id=row["version_id"],
        input=decode(row["input"]),
        trigger=decode_object(row["trigger"]),
        correlation_id=row["correlation_id"],
        created_at=row["created_at"],
        outputs=outputs_of(loaded),
        errors=errors_of(loaded),
        around=around,
    )


def outputs_of(rows: Iterable[Row]) -> dict[str, Any]:
    return {row["node_id"]: decode(row["output"]) for row in rows}


def errors_of(rows: Iterable[Row]) -> dict[str, Any]:
    return {row["node_id"]: decode(row["error"]) for row in rows}


def workflow_record(row: Row, hooks: Iterable[Row]) -> WorkflowRecord:
    """Of a workflow joined with one of its versions; ``hooks`` are rows of ``id, key``."""
    return WorkflowRecord(
        id=row["id"],
        tenant=row["tenant_id"],
        name=row["name"],
        version=row["version"],
        version_id=row["version_id"],
        enabled=bool(row["enabled"]),
        definition=decode_object(row["definition"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        hooks={hook["id"]: hook["key"] for hook in hooks},
    )


def version_record(row: Row) -> VersionRecord:
    return VersionRecord(
        id=row["id"],
        workflow_id=row["workflow_id"],
        version=row["version"],
        definition=decode_object(row["definition"]),
        created_at=row["created_at"],
        author=row["author"],
        message=row["message"],
    )


def event(row: Row, cursor: str) -> Event:
    return Event(
        cursor=cursor,
        tenant=row["tenant_id"],
        type=row["type"],
        at=row["at"],
        data=decode_object(row["data"]),
        run_id=row["run_id"],
        node_id=row["node_id"],
        job_id=row["job_id"],
        subject=row["subject"],
    )


def queue_record(row: Row) -> QueueRecord:
    return QueueRecord(
        name=row["name"],
        paused=bool(row["paused"]),
        concurrency=row["concurrency"],
        priority=row["priority"],
        pending=row["pending"],
        scheduled=row["scheduled"],
        running=row["running"],
        waiting=row["waiting"],
        oldest_due_at=row["oldest_due_at"],
        rate=rate_of(row),
        blocked=row["blocked"],
        retention=decode_retention(row["retention"]),
    )


def rate_of(row: Row) -> Rate | None:
    """The rate of a queue or a key."""
    return None if row["rate_count"] is None else Rate(row["rate_count"], row["rate_per"])


def tenant_record(row: Row) -> TenantRecord:
    """``running`` counts the tenant's jobs at work."""
    return TenantRecord(
        id=row["id"],
        name=row["name"],
        weight=row["weight"],
        max_running=row["max_running"],
        attributes=decode_object(row["attributes"]),
        created_at=row["created_at"],
        retention=decode_retention(row["retention"]),
        running=row["running"],
        egress=decode_egress(row["egress"]),
        suspended_at=row["suspended_at"],
        delete_at=row["delete_at"],
    )


def worker_record(row: Row, now: Instant) -> WorkerRecord:
    """``state`` is ALIVE, DEAD or GONE (said goodbye); a lease that ran out isn't alive, declared dead or not."""
    return WorkerRecord(
        id=row["id"],
        name=row["name"],
        queues=decode_texts(row["queues"]),
        concurrency=row["concurrency"],
        started_at=row["started_at"],
        heartbeat_at=row["heartbeat_at"],
        expires_at=row["expires_at"],
        alive=row["state"] == "ALIVE" and row["expires_at"] > now,
        running=row["running"],
        host=row["host"],
        pid=row["pid"],
        boot=row["boot"],
        tags=decode_texts(row["tags"]),
    )


def mail(row: Row) -> Mail:
    return Mail(
        id=row["id"],
        tenant=row["tenant_id"],
        sender=row["sender"],
        to=decode_texts(row["recipients"]),
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
        at=row["at"],
    )
