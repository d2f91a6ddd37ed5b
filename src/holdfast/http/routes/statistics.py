"""Figures of what went on in one's own tenant, for charts: by steps of a window of time, and all of it in one."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.openapi import answers
from holdfast.http.query import API_PREFIX, Parameters
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.statistics import StatisticsShape, statistics_shape
from holdfast.model.statistics import WINDOWS

router = APIRouter(tags=["statistics"])
STATISTICS: Final = f"{API_PREFIX}/statistics"


class StatisticsQuery(Parameters):
    """What is charted."""

    window: Literal["1h", "6h", "24h", "7d"] = Field("1h", description="How far back.")
    queue: str | None = Field(None, max_length=64, description="Only jobs of this queue; runs are of none, and stay.")


@router.get(STATISTICS, responses=answers(StatisticsShape, 200))
@needs(Role.VIEWER)
async def get_statistics(
    services: ServicesDep, caller: CallerDep, query: Annotated[StatisticsQuery, Query()]
) -> Response:
    """What happened to jobs and runs of one's own tenant, step by step, and how much lay in its queues.

    Figures are counted by each process and written every ten seconds, depths are sampled once a minute; both are kept
    for 14 days. A process that is killed loses what it had counted since it last wrote.
    """
    now, window = services.now(), WINDOWS[query.window]
    stretch = (caller.tenant, query.queue, window.begins(now), now + 1, window.step)
    points, depths = await services.store.figures(*stretch), await services.store.depths(*stretch)
    return json_answer(statistics_shape(points, depths, window, now))
