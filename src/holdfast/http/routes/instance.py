"""What belongs to the instance: its workers, and the mails that the dev mailbox kept."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.openapi import answers
from holdfast.http.query import API_PREFIX, Paging, page_of
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.instance import (
    MailsShape,
    WorkersShape,
    mail_shape,
    worker_shape,
)

router = APIRouter(tags=["instance"])
WORKERS: Final = f"{API_PREFIX}/workers"
MAILBOX: Final = f"{API_PREFIX}/mailbox"


@router.get(WORKERS, responses=answers(WorkersShape, 200))
@needs(Role.VIEWER, instance_admin=True)
async def list_workers(services: ServicesDep, paging: Paging) -> Response:
    """Every worker process, by id. For admins of the instance."""
    page, following = page_of(await services.store.list_workers(services.now()), lambda worker: worker.id, paging)
    return json_answer({"items": [worker_shape(worker) for worker in page], "next": following})


@router.get(MAILBOX, responses=answers(MailsShape, 200))
@needs(Role.VIEWER)
async def list_mail(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """Mails kept instead of sent, because no SMTP server is set; newest first."""
    page = await services.store.list_mail(caller.tenant, paging.cursor, paging.limit)
    return json_answer({"items": [mail_shape(mail) for mail in page.items], "next": page.next})
