"""Events: posted (in our own form or as CloudEvents), in pages in commit order, and the live stream."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from holdfast.engine.events import Posted
from holdfast.engine.tail import Wanted
from holdfast.http import cloudevents
from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import json_value, understood
from holdfast.http.idempotency import REPLAYED, key_of
from holdfast.http.lasting import while_allowed
from holdfast.http.openapi import answers, takes_events
from holdfast.http.schemas.events import EventFilter, EventIn, EventQuery, StreamQuery
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.events import EventsShape, PostedManyShape, PostedShape, event_shape, posted_shape
from holdfast.http.sse import EventReader, frames

router = APIRouter(tags=["events"])
EVENTS: Final = "/api/v1/events"
_STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_LONGEST_CURSOR: Final = 200


@router.post(
    EVENTS,
    status_code=201,
    responses={**answers(PostedShape | PostedManyShape, 201), **answers(PostedShape, 200)},
    openapi_extra=takes_events(EventIn, once=True),
)
@needs(Role.OPERATOR)
async def post_event(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Appends an event of one's own: 201; the same `id` again is 200, with another event 409.

    CloudEvents 1.0 are understood too: in binary mode (`ce-*` headers), structured, and in batches, which answer
    `{"ids": […]}` in their order. Their `source` and `id` make a repeat the same event.
    """
    if cloudevents.is_batch(request):
        drafts = await cloudevents.sent_batch(request)
        many = await services.engine.events.post_all(caller.tenant, drafts)
        return json_answer({"ids": [posted.id for posted in many]}, 201)
    if cloudevents.is_cloud_event(request):
        return _told(await services.engine.events.post_draft(caller.tenant, await cloudevents.sent_event(request)))
    return await post_own(request, services, caller, understood(EventIn, await json_value(request)))


async def post_own(request: Request, services: Services, caller: Caller, event: EventIn) -> Response:
    """An event in our own form; an ``Idempotency-Key`` is its id where it has none."""
    posted = await services.engine.events.post(
        caller.tenant, event.type, event.data, subject=event.subject, event_id=event.id or key_of(request)
    )
    if posted.duplicate and event.id is None:
        return json_answer(posted_shape(posted), 201, REPLAYED)
    return _told(posted)


def _told(posted: Posted) -> Response:
    return json_answer(posted_shape(posted), 200 if posted.duplicate else 201)


@router.get(EVENTS, responses=answers(EventsShape, 200))
@needs(Role.VIEWER)
async def list_events(services: ServicesDep, caller: CallerDep, query: Annotated[EventQuery, Query()]) -> Response:
    """Oldest first. `next` is the `after` of the following page, null when there are no more yet."""
    return await events_page(services, caller, query, query.limit, run=query.run, job=query.job)


@router.get(
    EVENTS + "/stream",
    responses={200: {"description": "Server-sent events: `id` is the cursor", "content": {"text/event-stream": {}}}},
)
@needs(Role.VIEWER)
async def stream_events(
    request: Request, services: ServicesDep, caller: CallerDep, query: Annotated[StreamQuery, Query()]
) -> Response:
    """Events as they commit. Resumes after `Last-Event-ID` or `after` without a gap; starts now without either."""
    seen = request.headers.get("last-event-id") or query.after
    after = seen[:_LONGEST_CURSOR] if seen else await services.store.last_cursor()
    reader = EventReader(services.store, caller.tenant, after, Wanted(query.run, query.job, query.type))
    first = b"" if query.job is None and services.tails.holds(caller.tenant, after) else await reader.read()
    lasting = while_allowed(frames(reader, first, services.tails, services.closing), request, services, caller)
    return services.streams.answer(caller, lasting, _STREAM_HEADERS)


async def events_page(
    services: Services,
    caller: Caller,
    query: EventFilter,
    limit: int,
    *,
    run: str | None = None,
    job: str | None = None,
) -> Response:
    """A page of the caller's events that match."""
    events = await services.store.list_events(
        caller.tenant, query.after, run_id=run, job_id=job, event_type=query.type, limit=limit
    )
    following = events[-1].cursor if len(events) == limit else None
    return json_answer({"items": [event_shape(event) for event in events], "next": following})
