"""Triggers by their rows: show, pause, resume, give a webhook a new address; those of one workflow.

Firings, what is due and what is told of all clocks stand in ``firings`` and ``schedules``. The trigger of a rule for
each tenant acts on all tenants of the instance, so only its admins may do more than look at it.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.hook_addresses import base_of_hooks
from holdfast.http.openapi import answers
from holdfast.http.query import API_PREFIX, Paging, path_id
from holdfast.http.routes.workflows import WORKFLOWS, Named
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.triggers import TriggerShape, TriggersShape, trigger_shape
from holdfast.model.errors import Conflict, Forbidden
from holdfast.model.json import JSONObject
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
    return await triggers_page(request, services, page)


@router.get(TRIGGERS + "/{row}", responses=answers(TriggerShape, 200))
@needs(Role.VIEWER)
async def get_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """One trigger."""
    return await _told(request, services, await services.engine.triggers.get(caller.tenant, row))


@router.post(TRIGGERS + "/{row}/renew", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def renew_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """Gives a webhook a new address; the old one answers nothing from now on. 409 for other triggers."""
    await changeable(services, caller, row)
    return await _told(request, services, await services.engine.triggers.renew(caller.tenant, row))


@router.post(TRIGGERS + "/{row}/pause", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def pause_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """It starts nothing until it is resumed; what comes meanwhile is not made up for."""
    await changeable(services, caller, row)
    return await _told(request, services, await services.engine.triggers.pause(caller.tenant, row))


@router.post(TRIGGERS + "/{row}/resume", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def resume_trigger(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """It acts again."""
    await changeable(services, caller, row)
    return await _told(request, services, await services.engine.triggers.resume(caller.tenant, row))


def check_admin(caller: Caller, rule: JSONObject) -> None:
    """Raises ``Forbidden`` where a rule's document says that it is for each tenant, and the caller is no admin."""
    if rule.get("for_each") is not None and not caller.instance_admin:
        raise Forbidden("a rule for each tenant belongs to the instance; this needs an admin of the instance")


async def changeable(services: Services, caller: Caller, row: str) -> TriggerRecord:
    """The trigger, if the caller may change or use it. Raises ``NotFound``, ``Forbidden``."""
    record = await services.engine.triggers.get(caller.tenant, row)
    check_admin(caller, record.rule or {})
    return record


async def triggers_page(request: Request, services: Services, page: Page[TriggerRecord]) -> Response:
    items = [await trigger_json(request, services, record) for record in page.items]
    return json_answer({"items": items, "next": page.next})


async def trigger_json(request: Request, services: Services, record: TriggerRecord) -> TriggerShape:
    """A trigger as it is shown here. A clock that was saved a moment ago isn't planned yet: its time is asked for."""
    if record.active and record.due_at is not None and record.next_at is None:
        with suppress(Conflict):  # one that can't be read any more has none
            times = await services.engine.triggers.next_times(record.tenant, record.row, 1)
            record = replace(record, next_at=times[0] if times else None)
    return trigger_shape(record, base_of_hooks(request, services))


async def _told(request: Request, services: Services, record: TriggerRecord) -> Response:
    return json_answer(await trigger_json(request, services, record))
