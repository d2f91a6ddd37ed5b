"""Dead letters: the jobs that used up their retry budget, lost too many workers or passed their deadline."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.engine.bulk import Action
from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.openapi import answers, either, takes
from holdfast.http.query import path_id
from holdfast.http.routes.job_control import retried
from holdfast.http.routes.jobs import shown
from holdfast.http.schemas.bulk import DeadQuery, DiscardIn, ReplayIn
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.jobs import BulkShape, JobShape, JobsShape, job_summary
from holdfast.http.shapes.runs import RunShape
from holdfast.model.errors import Conflict
from holdfast.model.job import JobState
from holdfast.model.records import JobRecord

router = APIRouter(tags=["dead letters"])
DEAD_LETTERS: Final = "/api/v1/dead-letters"


@router.get(DEAD_LETTERS, responses=answers(JobsShape, 200))
@needs(Role.VIEWER)
async def list_dead_letters(services: ServicesDep, caller: CallerDep, query: Annotated[DeadQuery, Query()]) -> Response:
    """The jobs that are `DEAD`, newest first, without attempts and transitions."""
    page = await services.store.list_jobs(caller.tenant, query.wanted(), services.now(), query.cursor, query.limit)
    return json_answer({"items": [job_summary(job) for job in page.items], "next": page.next})


@router.post(DEAD_LETTERS + "/replay", responses=answers(BulkShape, 200), openapi_extra=takes(ReplayIn))
@needs(Role.OPERATOR)
async def replay_dead_letters(
    services: ServicesDep, caller: CallerDep, sent: Annotated[Sent[ReplayIn], Depends(JsonBody(ReplayIn))]
) -> Response:
    """Retries all dead letters that the filter finds; the jobs of runs are left out."""
    done = await services.bulk.apply(caller.tenant, Action.RETRY, sent.model.filter.wanted())
    return json_answer({"matched": done.matched, "changed": done.changed})


@router.post(DEAD_LETTERS + "/{job_id}/replay", responses=either(JobShape, RunShape))
@needs(Role.OPERATOR)
async def replay_dead_letter(
    request: Request, services: ServicesDep, caller: CallerDep, correlation_id: CorrelationId, job_id: str
) -> Response:
    """As a retry: the job runs again with a fresh budget, 200; a run's job is a rerun of its run, 201."""
    job = await _dead(services, caller, path_id(job_id, "dead letter"))
    return await retried(request, services, caller, correlation_id, job)


@router.post(DEAD_LETTERS + "/{job_id}/discard", responses=answers(JobShape, 200), openapi_extra=takes(DiscardIn))
@needs(Role.OPERATOR)
async def discard_dead_letter(
    services: ServicesDep,
    caller: CallerDep,
    job_id: str,
    sent: Annotated[Sent[DiscardIn], Depends(JsonBody(DiscardIn))],
) -> Response:
    """The job becomes `CANCELLED`, with the reason on record: a dead letter no more."""
    await _dead(services, caller, path_id(job_id, "dead letter"))
    await services.bulk.discard(caller.tenant, job_id, sent.model.reason)
    return json_answer(await shown(services, caller, job_id))


async def _dead(services: Services, caller: Caller, job_id: str) -> JobRecord:
    """The dead letter. Raises ``NotFound``, or ``Conflict`` for a job that is none."""
    job = await services.store.get_job(caller.tenant, job_id)
    if job.state is not JobState.DEAD:
        raise Conflict(f"the job is {job.state}; only one that is DEAD is a dead letter")
    return job
