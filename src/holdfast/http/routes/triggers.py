"""Triggers by their rows: show, pause, resume, give a webhook a new address; those of one workflow.

Firings, what is due and what is told of all clocks stand in ``firings`` and ``schedules``.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.openapi import answers
from holdfast.http.query import API_PREFIX, Paging, path_id
from holdfast.http.routes.workflows import WORKFLOWS, Named
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.triggers import TriggerShape, TriggersShape, trigger_shape
from holdfast.model.records import Page
from holdfast.model.trigger import Owner, TriggerRecord

router = APIRouter(tags=["triggers"])
TRIGGERS: Final = f"{API_PREFIX}/triggers"


def row_of(row: str) -> str:
    """The ``{row}`` of a path. Raises ``NotFound``."""
    return path_id(row, "trigger")


Row = Annotated[str, Depends(row_of)]


@router.get(WORKFLOWS + "/{workflow}/triggers", responses=answers(TriggersShape, 200))
@needs(Role.VIEWER)
async def list_triggers_of_workflow(
    request: Request, services: ServicesDep, caller: CallerDep, workflow: Named, paging: Paging
) -> Response:
    """Those of its newest version, with their addresses and next times; `signed` tells whether senders must prove
    themselves."""
    record = await services.store.get_workflow(caller.tenant, workflow)
    owner = Owner("workflow", record.id)
    page = await services.engine.triggers.list(caller.tenant, owner, (), paging.cursor, paging.limit)
    return triggers_page(request, services, page)


@router.get(TRIGGERS + "/{row}", responses=answers(TriggerShape, 200))
@needs(Role.VIEWER)
async def get_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """One trigger."""
    return _told(request, services, await services.engine.triggers.get(caller.tenant, row))


@router.post(TRIGGERS + "/{row}/renew", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def renew_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """Gives a webhook a new address; the old one answers nothing from now on. 409 for other triggers."""
    return _told(request, services, await services.engine.triggers.renew(caller.tenant, row))


@router.post(TRIGGERS + "/{row}/pause", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def pause_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """It starts nothing until it is resumed; what comes meanwhile is not made up for."""
    return _told(request, services, await services.engine.triggers.pause(caller.tenant, row))


@router.post(TRIGGERS + "/{row}/resume", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def resume_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """It acts again."""
    return _told(request, services, await services.engine.triggers.resume(caller.tenant, row))


def triggers_page(request: Request, services: Services, page: Page[TriggerRecord]) -> Response:
    base = services.base_url(request)
    return json_answer({"items": [trigger_shape(record, base) for record in page.items], "next": page.next})


def _told(request: Request, services: Services, record: TriggerRecord) -> Response:
    return json_answer(trigger_shape(record, services.base_url(request)))
