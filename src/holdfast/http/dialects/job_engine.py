"""The job automation engine's addresses: ``/jobs``, ``/admin/queues`` and ``/health``.

Its ``job_type`` is a job's ``kind`` and its ``next_run_at`` a job's ``run_at``; a body may use either word. Answers are
the API's own with these words beside them, the tenant, and the last error by itself.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs, public
from holdfast.http.body import Sent, json_value, understood
from holdfast.http.dialects import body_of, dialect, headers_of
from holdfast.http.openapi import answers, takes
from holdfast.http.query import Paging
from holdfast.http.routes import health, job_control, jobs, queues
from holdfast.http.schemas.jobs import JobIn, JobQuery
from holdfast.http.services import CorrelationId, ServicesDep
from holdfast.http.shapes.instance import QueuesShape, ReadyShape
from holdfast.http.shapes.jobs import JobShape
from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSON

router = dialect("job engine")
JOBS: Final = "/jobs"
# The words of this document, and ours.
WORDS: Final = {"job_type": "kind", "next_run_at": "run_at"}
_TITLE: Final = "The body is not valid"


class DocumentedJob(JobShape):
    """A job with the words of this document beside ours."""

    job_type: str
    next_run_at: str
    tenant_id: str
    last_error_type: str | None
    last_error_message: str | None


class DocumentedJobs(TypedDict):
    """A page of jobs, newest first."""

    items: list[DocumentedJob]
    next: str | None


async def sent_job(request: Request) -> Sent[JobIn]:
    """The job of a body in either words. Raises ``Invalid``, naming fields as they were sent."""
    value = await json_value(request)
    if not isinstance(value, dict):
        return Sent(value, understood(JobIn, value))
    both = [Problem(word, f"is another word for {ours}; give one of them") for word, ours in WORDS.items()
            if word in value and ours in value]  # fmt: skip
    if both:
        raise Invalid(both, _TITLE)
    translated: dict[str, JSON] = {WORDS.get(key, key): inner for key, inner in value.items()}
    try:
        return Sent(value, understood(JobIn, translated))
    except Invalid as error:
        raise Invalid([_as_sent(problem, value) for problem in error.problems], error.title) from None


@router.post(JOBS, status_code=201, responses=answers(DocumentedJob, 200, 201), openapi_extra=takes(JobIn, once=True))
@needs(Role.OPERATOR)
async def insert_job(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[JobIn], Depends(sent_job)],
) -> Response:
    """Inserts a job, as `POST /api/v1/jobs` does; `job_type` stands for `kind`, `next_run_at` for `run_at`."""
    return _told(caller, await jobs.insert_job(request, services, caller, correlation_id, sent))


@router.get(JOBS, responses=answers(DocumentedJobs, 200))
@needs(Role.VIEWER)
async def list_jobs(services: ServicesDep, caller: CallerDep, query: Annotated[JobQuery, Query()]) -> Response:
    """Newest first, without attempts and transitions."""
    page = body_of(await jobs.list_jobs(services, caller, query))
    found: Any = page["items"]
    return json_answer({"items": [_documented(caller, job) for job in found], "next": page["next"]})


@router.get(JOBS + "/{job_id}", responses=answers(DocumentedJob, 200))
@needs(Role.VIEWER)
async def get_job(services: ServicesDep, caller: CallerDep, job_id: str) -> Response:
    """One job with its attempts and transitions, and why it failed, died, waits or is kept back."""
    return _told(caller, await jobs.get_job(services, caller, job_id))


@router.post(JOBS + "/{job_id}/retry", responses=answers(DocumentedJob, 200))
@needs(Role.OPERATOR)
async def retry_job(
    request: Request, services: ServicesDep, caller: CallerDep, correlation_id: CorrelationId, job_id: str
) -> Response:
    """An ended job runs again with a fresh budget; a run's job gives the run that repeats it, 201."""
    return _told(caller, await job_control.retry_job(request, services, caller, correlation_id, job_id))


@router.post(JOBS + "/{job_id}/cancel", responses=answers(DocumentedJob, 200))
@needs(Role.OPERATOR)
async def cancel_job(services: ServicesDep, caller: CallerDep, job_id: str) -> Response:
    """Ends an unclaimed job at once, asks a running one to stop; 409 when it has ended."""
    return _told(caller, await job_control.cancel_job(services, caller, job_id))


@router.get("/admin/queues", responses=answers(QueuesShape, 200))
@needs(Role.VIEWER)
async def list_queues(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """Every queue by name with what waits and runs in it, as `GET /api/v1/queues` tells it."""
    return await queues.list_queues(services, caller, paging)


@router.get("/health", responses=answers(ReadyShape, 200, 503))
@public
async def get_health(services: ServicesDep) -> Response:
    """Whether work can be accepted, as `GET /health/ready` tells it."""
    return await health.ready(services)


def _as_sent(problem: Problem, value: Mapping[str, JSON]) -> Problem:
    for word, ours in WORDS.items():
        if problem.path == ours and (word in value or ours not in value):
            return Problem(word, problem.message)
    return problem


def _told(caller: Caller, response: Response) -> Response:
    """An answer about one job in these words; one about a run (of a retry) as it is."""
    job = body_of(response)
    body = _documented(caller, job) if "kind" in job else job
    return json_answer(body, response.status_code, headers_of(response))


def _documented(caller: Caller, job: Mapping[str, Any]) -> dict[str, Any]:
    kind, message = _last_error(job)
    return {
        **job,
        "job_type": job["kind"],
        "next_run_at": job["run_at"],
        "tenant_id": caller.tenant,
        "last_error_type": kind,
        "last_error_message": message,
    }


def _last_error(job: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """That of its end; while it is tried again, that of its last attempt (absent in lists)."""
    if isinstance(job["error"], dict):
        return job["error"].get("type"), job["error"].get("message")
    for attempt in reversed(job.get("attempts", ())):
        if attempt["error_type"] is not None:
            return attempt["error_type"], attempt["error_message"]
    return None, None
