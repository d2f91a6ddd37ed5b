"""What belongs to the instance, as JSON: queues, workers, tenants, kept mails, readiness."""

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.instant import format_duration, format_instant
from holdfast.model.records import Mail, QueueRecord, Retention, TenantRecord, WorkerRecord

# "from" is a keyword, so this one can't be written as a class.
MailShape = TypedDict(
    "MailShape",
    {
        "id": str,
        "to": list[str],
        "from": str,
        "subject": str,
        "text": str | None,
        "html": str | None,
        "at": str,
    },
)


class MailsShape(TypedDict):
    """A page of kept mails, newest first."""

    items: list[MailShape]
    next: str | None


class QueueShape(TypedDict):
    """A queue and what waits or runs in it: of the caller's tenant, or for admins of the instance of all tenants.

    `pending` counts due work, `blocked` how much of it waits for a place at its concurrency key.
    """

    name: str
    paused: bool
    concurrency: int | None
    rate: str | None
    priority: int
    retention: dict[str, str]
    pending: int
    blocked: int
    scheduled: int
    running: int
    waiting: int
    oldest_due_at: str | None


class QueuesShape(TypedDict):
    items: list[QueueShape]
    next: str | None


class WorkerShape(TypedDict):
    """A worker process; `alive` until it says goodbye or its lease expires."""

    id: str
    name: str
    queues: list[str]
    tags: list[str]
    host: str
    pid: int
    concurrency: int
    running: int
    alive: bool
    started_at: str
    heartbeat_at: str
    expires_at: str


class WorkersShape(TypedDict):
    items: list[WorkerShape]
    next: str | None


class EgressShape(TypedDict):
    """Where its steps may connect to: private networks that are open to it, and all that it may reach (null: any)."""

    also: list[str]
    only: list[str] | None


class TenantShape(TypedDict):
    """A tenant with its share beside others and its limits; `running` counts its jobs at work.

    Suspended: nobody comes in and nothing starts. `delete_at`: when all that it has goes for good.
    """

    id: str
    name: str
    weight: float
    max_running: int | None
    running: int
    attributes: dict[str, JsonValue]
    retention: dict[str, str]
    created_at: str
    suspended_at: str | None
    delete_at: str | None
    egress: EgressShape


class TenantsShape(TypedDict):
    items: list[TenantShape]
    next: str | None


class ReadyShape(TypedDict):
    """Whether work can be accepted (`ok`, `degraded`) or not (`unavailable`), and what was looked at."""

    status: str
    checks: dict[str, JsonValue]


class LiveShape(TypedDict):
    status: str


def mail_shape(mail: Mail) -> MailShape:
    return {
        "id": mail.id,
        "to": list(mail.to),
        "from": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "at": format_instant(mail.at),
    }


def queue_shape(queue: QueueRecord) -> QueueShape:
    return {
        "name": queue.name,
        "paused": queue.paused,
        "concurrency": queue.concurrency,
        "rate": None if queue.rate is None else str(queue.rate),
        "priority": queue.priority,
        "retention": _retention(queue.retention),
        "pending": queue.pending,
        "blocked": queue.blocked,
        "scheduled": queue.scheduled,
        "running": queue.running,
        "waiting": queue.waiting,
        "oldest_due_at": moment(queue.oldest_due_at),
    }


def worker_shape(worker: WorkerRecord) -> WorkerShape:
    return {
        "id": worker.id,
        "name": worker.name,
        "queues": list(worker.queues),
        "tags": list(worker.tags),
        "host": worker.host.partition(":")[0],
        "pid": worker.pid,
        "concurrency": worker.concurrency,
        "running": worker.running,
        "alive": worker.alive,
        "started_at": format_instant(worker.started_at),
        "heartbeat_at": format_instant(worker.heartbeat_at),
        "expires_at": format_instant(worker.expires_at),
    }


def tenant_shape(tenant: TenantRecord) -> TenantShape:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "weight": tenant.weight,
        "max_running": tenant.max_running,
        "running": tenant.running,
        "attributes": tenant.attributes,
        "retention": _retention(tenant.retention),
        "created_at": format_instant(tenant.created_at),
        "suspended_at": moment(tenant.suspended_at),
        "delete_at": moment(tenant.delete_at),
        "egress": {
            "also": list(tenant.egress.also),
            "only": None if tenant.egress.only is None else list(tenant.egress.only),
        },
    }


def _retention(rules: Retention) -> dict[str, str]:
    return {str(state): format_duration(length) for state, length in rules.items()}
