"""Queues: what waits and runs in them, their limits, pause and resume.

Queues and their settings belong to the instance, what is in them to its tenant: admins of the instance see every
tenant's jobs counted, everybody else only those of the own tenant.
"""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.engine.wakeups import EVENTS, queue_topic
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.changes import changed
from holdfast.http.openapi import answers, takes
from holdfast.http.query import API_PREFIX, Paging, page_of
from holdfast.http.schemas.fields import QUEUE_PATTERN
from holdfast.http.schemas.instance import QueuePatch
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.instance import QueueShape, QueuesShape, queue_shape
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.job import DEFAULT_QUEUE
from holdfast.model.records import QueueRecord

router = APIRouter(tags=["queues"])
QUEUES: Final = f"{API_PREFIX}/queues"
_SETTINGS: Final = ("paused", "concurrency", "rate", "priority", "retention")
# The default queue exists before its first job: it is where work goes that names none.
_UNUSED: Final = QueueRecord(DEFAULT_QUEUE, False, None, 0, 0, 0, 0, 0, None)


@router.get(QUEUES, responses=answers(QueuesShape, 200))
@needs(Role.VIEWER)
async def list_queues(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """Every queue by name with what waits and runs in it: of one's own tenant, or for admins of the instance of all."""
    page, following = page_of(await _all(services, caller), lambda queue: queue.name, paging)
    return json_answer({"items": [queue_shape(queue) for queue in page], "next": following})


@router.get(QUEUES + "/{queue}", responses=answers(QueueShape, 200))
@needs(Role.VIEWER)
async def get_queue(services: ServicesDep, caller: CallerDep, queue: str) -> Response:
    """One queue with what waits and runs in it: of one's own tenant, or for admins of the instance of all."""
    for each in await _all(services, caller):
        if each.name == queue:
            return json_answer(queue_shape(each))
    raise NotFound("there is no queue with this name; its first job or its first setting makes it")


@router.patch(QUEUES + "/{queue}", responses=answers(QueueShape, 200), openapi_extra=takes(QueuePatch))
@needs(Role.VIEWER, instance_admin=True)
async def change_queue(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    queue: str,
    sent: Annotated[Sent[QueuePatch], Depends(JsonBody(QueuePatch))],
) -> Response:
    """Sets limits, priority, retention, pause; null lifts a limit. For admins of the instance.

    What runs goes on, whatever is set.
    """
    if re.fullmatch(QUEUE_PATTERN, queue) is None:
        raise Invalid([Problem("queue", f"must match {QUEUE_PATTERN}")], "The queue's name is not valid")
    before = next((each for each in await services.store.list_queues(services.now()) if each.name == queue), None)
    record = await services.store.change_queue(queue, sent.model.change(), services.now())
    services.engine.wakeups.notify({queue_topic(queue), EVENTS})
    shape = queue_shape(record)
    tells(request, detail=changed(None if before is None else queue_shape(before), shape, _SETTINGS))
    return json_answer(shape)


async def _all(services: Services, caller: Caller) -> list[QueueRecord]:
    queues = await services.store.list_queues(services.now(), None if caller.instance_admin else caller.tenant)
    if any(queue.name == DEFAULT_QUEUE for queue in queues):
        return queues
    return [*queues, _UNUSED]
