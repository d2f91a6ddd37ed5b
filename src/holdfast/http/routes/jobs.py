"""Jobs: insert one or a batch, list, show with attempts, transitions and the reason why it is where it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.engine.why import why
from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.idempotency import Answer, Repeated, answer_once, first_time
from holdfast.http.openapi import answers, takes
from holdfast.http.query import path_id
from holdfast.http.schemas.jobs import BatchIn, JobIn, JobQuery
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.jobs import BatchShape, JobShape, JobsShape, job_shape, job_summary
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.json import JSON
from holdfast.ports import Accepted, Dedupe

router = APIRouter(tags=["jobs"])
JOBS: Final = "/api/v1/jobs"


@router.post(JOBS, status_code=201, responses=answers(JobShape, 200, 201), openapi_extra=takes(JobIn, once=True))
@needs(Role.OPERATOR)
async def insert_job(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[JobIn], Depends(JsonBody(JobIn))],
) -> Response:
    """Inserts a job; 200 with the existing one and `duplicate` when its unique key is taken."""
    _own_tenant(caller, [sent.model])

    async def insert(dedupe: Dedupe | None) -> Answer:
        with _as_sent():
            accepted = await services.engine.jobs.insert(
                caller.tenant, [sent.model.draft()], correlation_id=correlation_id, dedupe=dedupe
            )
        if sent.model.unique_key is None or accepted[0].conflict:
            first_time(accepted[0])
        return await _inserted(services, caller, accepted[0])

    async def again(job_ids: tuple[str, ...]) -> Answer:
        return await _inserted(services, caller, Accepted(job_ids[0]))

    return await answer_once(request, services, caller, sent.value, insert, again)


@router.post(
    JOBS + "/batch", status_code=201, responses=answers(BatchShape, 201), openapi_extra=takes(BatchIn, once=True)
)
@needs(Role.OPERATOR)
async def insert_batch(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[BatchIn], Depends(JsonBody(BatchIn))],
) -> Response:
    """Inserts all jobs or none. One whose unique key is taken is answered as the existing job, `duplicate`."""
    _own_tenant(caller, sent.model.jobs)

    async def insert(dedupe: Dedupe | None) -> Answer:
        drafts = [job.draft() for job in sent.model.jobs]
        with _as_sent("jobs[0]." if len(drafts) == 1 else ""):
            accepted = await services.engine.jobs.insert(
                caller.tenant, drafts, correlation_id=correlation_id, dedupe=dedupe
            )
        if accepted[0].conflict or len(accepted) < len(drafts):
            first_time(accepted[0])
        if all(one.duplicate for one in accepted) and not any(job.unique_key for job in sent.model.jobs):
            raise Repeated(*(one.id for one in accepted))
        return Answer(201, {"jobs": [await _body(services, caller, one) for one in accepted]})

    async def again(job_ids: tuple[str, ...]) -> Answer:
        return Answer(201, {"jobs": [await _body(services, caller, Accepted(job_id)) for job_id in job_ids]})

    return await answer_once(request, services, caller, sent.value, insert, again)


@router.get(JOBS, responses=answers(JobsShape, 200))
@needs(Role.VIEWER)
async def list_jobs(services: ServicesDep, caller: CallerDep, query: Annotated[JobQuery, Query()]) -> Response:
    """Newest first, without attempts and transitions."""
    page = await services.store.list_jobs(caller.tenant, query.wanted(), services.now(), query.cursor, query.limit)
    return json_answer({"items": [job_summary(job) for job in page.items], "next": page.next})


@router.get(JOBS + "/{job_id}", responses=answers(JobShape, 200))
@needs(Role.VIEWER)
async def get_job(services: ServicesDep, caller: CallerDep, job_id: str) -> Response:
    """One job with its attempts and transitions, and why it failed, died, waits or is kept back."""
    return json_answer(await shown(services, caller, path_id(job_id, "job")))


async def shown(services: Services, caller: Caller, job_id: str) -> JobShape:
    """A job as it is shown alone. Raises ``NotFound``."""
    job = await services.store.get_job(caller.tenant, job_id)
    return job_shape(job, await services.diagnosis.why(job, named=caller.instance_admin))


@contextmanager
def _as_sent(prefix: str = "") -> Iterator[None]:
    """Names problems as the body does; the engine knows a lone draft without its place."""
    try:
        yield
    except Invalid as error:
        named = [Problem(prefix + p.path, p.message) for p in error.problems]
        raise Invalid(named, error.title) from None


def _own_tenant(caller: Caller, jobs: Sequence[JobIn]) -> None:
    if any(job.tenant_id not in (None, caller.tenant) for job in jobs):
        raise NotFound("there is no tenant with this id")


async def _inserted(services: Services, caller: Caller, accepted: Accepted) -> Answer:
    return Answer(200 if accepted.duplicate else 201, await _body(services, caller, accepted))


async def _body(services: Services, caller: Caller, accepted: Accepted) -> JSON:
    job = await services.store.get_job(caller.tenant, accepted.id)
    shape = job_shape(job, why(job, services.now()))
    if accepted.duplicate:
        shape["duplicate"] = True
    return cast(JSON, shape)
