"""Many children of one map that begin alike: written by one statement from the first of them.

What a body starts with is the same for each item when none of its roots has a guard, and then neither item nor closure
need be read before a child's job fills its params. Everything else begins one by one (``beginnings``).
"""

from typing import Final

from holdfast.model.graph import Graph
from holdfast.model.job import NewJob, rank
from holdfast.stores.codec import encode_policy
from holdfast.stores.families import ParentRun, body_child
from holdfast.stores.history import inserted_row
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql.twins import BEGIN_TWINS

# From this many children on the statement is worth its planning.
MANY: Final = 4
ROOT_COLUMNS: Final = 8


def alike(graph: Graph) -> bool:
    """Whether all runs of this body begin with the same jobs."""
    return bool(graph.roots) and all(graph.nodes[root].when is None for root in graph.roots)


async def begin_twins(
    connection: Connection, parent: ParentRun, graph: Graph, first: int, count: int
) -> tuple[int, set[str]]:
    """Begins the next ``count`` children of the body ``graph`` from index ``first`` on; the index after the last, and
    queues with work."""
    node_id = graph.owner
    assert node_id is not None
    model = body_child(parent, node_id, "map", first, None, {}, graph).run
    assert model is not None
    roots = columns([_root(job) for job in model.jobs], ROOT_COLUMNS)
    children = [parent.new_id() for _ in range(count)]
    jobs = [parent.new_id() for _ in range(count * len(model.jobs))]
    last = await connection.fetchval(
        BEGIN_TWINS, parent.view.id, node_id, first, children, jobs, *roots, parent.now, "map"
    )
    return (first if last is None else last + 1), {job.queue for job in model.jobs}


def _root(job: NewJob) -> tuple[str | None, str, str, int, str, int, int, str]:
    retry, event = encode_policy(job.retry), inserted_row(job)[6]
    return (job.node_id, job.kind, job.queue, job.priority, retry, job.timeout, rank(job.due_at, job.priority), event)
