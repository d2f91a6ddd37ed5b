"""The statements that insert lone jobs in somebody else's transaction, on whatever driver they use.

Each takes one parameter, the jobs as a JSON array of ``stores.enqueued`` (``{jobs}`` stands for the driver's way to
write it). Workers see the jobs at their next poll after the commit.
"""

from typing import Final

_FROM: Final = "FROM json_each({jobs}) AS g"


def _values(*names: str) -> str:
    return ", ".join(f"json_extract(g.value, '$.{name}')" for name in names)


_JOB: Final = (
    *("id", "tenant_id", "kind", "queue", "priority", "payload", "retry", "timeout", "due_at", "created_at"),
    *("deadline_at", "tag", "correlation_id"),
)
_LIVE: Final = (
    *("id", "tenant_id", "queue", "kind", "state", "due_at", "rank", "priority", "timeout", "deadline_at", "tag"),
)

# In this order; each follows from the parameter alone. No colon but the parameter's and no percent sign: drivers would
# take them for parameters.
ENQUEUE: Final = (
    f"INSERT INTO jobs ({', '.join(_JOB)}) SELECT {_values(*_JOB)} {_FROM}",
    f"INSERT INTO live ({', '.join(('job_id', *_LIVE[1:]))}) SELECT {_values(*_LIVE)} {_FROM}",
    "INSERT INTO queues (name, created_at)"
    f" SELECT {_values('queue')}, min(json_extract(g.value, '$.created_at')) {_FROM}"
    " WHERE true GROUP BY 1 ON CONFLICT DO NOTHING",
    "INSERT INTO events (tenant_id, type, at, data)"
    f" SELECT {_values('tenant_id')}, 'job.scheduled', min(json_extract(g.value, '$.created_at')),"
    f" json_object('jobs', json_group_array(json_array({_values('id', 'kind', 'queue', 'state', 'created_at')},"
    " CASE WHEN json_extract(g.value, '$.state') = 'SCHEDULED' THEN json_extract(g.value, '$.due_at') END)))"
    f" {_FROM} GROUP BY 1",
)
