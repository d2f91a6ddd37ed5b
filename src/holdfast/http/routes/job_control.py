"""What can be done to jobs: retry, cancel or discard one, or all that a filter finds."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.engine.bulk import Action
from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.openapi import answers, either, takes
from holdfast.http.query import path_id
from holdfast.http.routes.jobs import JOBS, shown
from holdfast.http.routes.runs import shown_run
from holdfast.http.schemas.bulk import BulkIn, DiscardIn
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.jobs import BulkShape, JobShape
from holdfast.http.shapes.runs import RunShape
from holdfast.model.records import JobRecord
from holdfast.ports import Dedupe

router = APIRouter(tags=["jobs"])


@router.post(JOBS + "/{job_id}/retry", responses=either(JobShape, RunShape))
@needs(Role.OPERATOR)
async def retry_job(
    request: Request, services: ServicesDep, caller: CallerDep, correlation_id: CorrelationId, job_id: str
) -> Response:
    """An ended lone job runs again with a fresh budget: 200. A run's job: a rerun of its run from what failed, 201.

    409 when the job is live or has succeeded, or the run is still going.
    """
    job = await services.store.get_job(caller.tenant, path_id(job_id, "job"))
    return await retried(request, services, caller, correlation_id, job)


async def retried(
    request: Request, services: Services, caller: Caller, correlation_id: str, job: JobRecord
) -> Response:
    """The answer to a retry of this job."""
    if job.run_id is None:
        await services.engine.jobs.retry(caller.tenant, job.id)
        return json_answer(await shown(services, caller, job.id))

    async def start(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.runs.retry_job(
            caller.tenant, job, correlation_id=correlation_id, dedupe=dedupe
        )
        return Answer(201, await shown_run(services, caller, first_time(accepted)))

    async def again(run_ids: tuple[str, ...]) -> Answer:
        return Answer(201, await shown_run(services, caller, run_ids[0]))

    return await answer_once(request, services, caller, {}, start, again)


@router.post(JOBS + "/{job_id}/cancel", responses=answers(JobShape, 200))
@needs(Role.OPERATOR)
async def cancel_job(services: ServicesDep, caller: CallerDep, job_id: str) -> Response:
    """Ends an unclaimed job at once, asks a running one to stop; 409 when it has ended."""
    await services.engine.jobs.cancel(caller.tenant, path_id(job_id, "job"))
    return json_answer(await shown(services, caller, job_id))


@router.post(JOBS + "/{job_id}/discard", responses=answers(JobShape, 200), openapi_extra=takes(DiscardIn))
@needs(Role.OPERATOR)
async def discard_job(
    services: ServicesDep,
    caller: CallerDep,
    job_id: str,
    sent: Annotated[Sent[DiscardIn], Depends(JsonBody(DiscardIn))],
) -> Response:
    """A job that failed or died becomes `CANCELLED`, with the reason on record; 409 for any other."""
    await services.bulk.discard(caller.tenant, path_id(job_id, "job"), sent.model.reason)
    return json_answer(await shown(services, caller, job_id))


@router.post(JOBS + "/bulk", responses=answers(BulkShape, 200), openapi_extra=takes(BulkIn))
@needs(Role.OPERATOR)
async def change_jobs(
    services: ServicesDep, caller: CallerDep, sent: Annotated[Sent[BulkIn], Depends(JsonBody(BulkIn))]
) -> Response:
    """Retries, cancels or discards all jobs that the filter finds, 500 in each transaction.

    Without a `state` or `ids`: retry and discard look for `DEAD` and `FAILED` jobs, cancel for all that haven't ended.
    A call that was cut off may be sent again: it goes on with the rest.
    """
    wanted, action = sent.model, Action(sent.model.action)
    if wanted.dry_run:
        done = await services.bulk.count(caller.tenant, action, wanted.filter.wanted())
    else:
        done = await services.bulk.apply(caller.tenant, action, wanted.filter.wanted(), wanted.reason)
    return json_answer({"matched": done.matched, "changed": done.changed})
