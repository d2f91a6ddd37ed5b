"""What the code of a job's attempts logged."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.openapi import answers
from holdfast.http.query import ListParameters, path_id
from holdfast.http.routes.jobs import JOBS
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.logs import LogLinesShape, log_line_shape

router = APIRouter(tags=["jobs"])


class LogQuery(ListParameters):
    """Which lines are shown."""

    attempt: int | None = Field(None, ge=1, le=2**31 - 1, description="Those of this attempt only.")


@router.get(JOBS + "/{job_id}/logs", responses=answers(LogLinesShape, 200))
@needs(Role.VIEWER)
async def list_log_lines(
    services: ServicesDep, caller: CallerDep, job_id: str, query: Annotated[LogQuery, Query()]
) -> Response:
    """Oldest first. Of an attempt, its first 200 lines and 64 KiB are kept; they appear within half a second."""
    job = path_id(job_id, "job")
    await services.store.get_job(caller.tenant, job)  # raises when there is none
    page = await services.store.list_log_lines(caller.tenant, job, query.attempt, query.cursor, query.limit)
    return json_answer({"items": [log_line_shape(line) for line in page.items], "next": page.next})
