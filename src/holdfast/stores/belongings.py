"""Where a tenant's things lie, for taking all of them away: which tables, and what goes before what. Pure.

Every table of a store is named here, once at least; a test holds this to the schema, so that a new one can't be
forgotten. What is named in ``PARTS`` is found through what it is part of, by its keys; the rest by ``tenant_id``.
"""

from typing import Final, NamedTuple

from holdfast.model.instant import Instant


class Parts(NamedTuple):
    """A table whose rows have parts in others: ``children`` are tables with the column that names a row's ``key``."""

    table: str
    key: str
    children: tuple[tuple[str, str], ...]


OF_JOBS: Final = Parts(
    "jobs",
    "id",
    (
        ("attempt_logs", "job_id"),
        ("job_steps", "job_id"),
        ("firing_jobs", "job_id"),
        ("deliveries", "job_id"),
        ("waits", "job_id"),
        ("live", "job_id"),
    ),
)
OF_RUNS: Final = Parts(
    "runs",
    "id",
    (
        ("run_nodes", "run_id"),
        ("run_children", "run_id"),
        ("inbox", "run_id"),
        ("signals", "run_id"),
    ),
)
# After jobs and runs, in this order.
PARTS: Final = (
    Parts("firings", "id", (("firing_jobs", "firing_id"),)),
    Parts("triggers", "row", (("gathered", "trigger_row"), ("gatherings", "trigger_row"))),
    Parts("rules", "id", (("rule_memories", "rule_id"),)),
    Parts("workflows", "id", (("workflow_versions", "workflow_id"),)),
)
# Tables with a ``tenant_id`` whose rows have no parts, or none that are left. The events before the mark that their
# deletion leaves; keys, sessions and memberships at last.
OWNED: Final = (
    "waits",
    "live",
    "unhappy",
    "unique_keys",
    "gates",
    "lanes",
    "events",
    "events_pruned",
    "backfills",
    "rule_memories",
    "workflow_versions",
    "drafts",
    "deliveries",
    "subscriptions",
    "secrets",
    "dedupe",
    "mail",
    "statistics",
    "queue_depths",
    "invites",
    "sessions",
    "api_keys",
    "memberships",
    "audit",
    "audit_heads",
)
# The instance's own: nothing in them belongs to one tenant. (Of users, service accounts do, and go with their tenant.)
INSTANCE: Final = (
    "queues",
    "leads",
    "workers",
    "users",
    "identities",
    "throttles",
    "instance",
    "schema_migrations",
)
# What is part of something else alone, with where its owner is found: the table's parent and its key.
FOUND_THROUGH: Final = {
    child: (of.table, of.key, column)
    for of in (OF_JOBS, OF_RUNS, *PARTS)
    for child, column in of.children
    if child not in OWNED
}
WITH_TENANT: Final = (*OWNED, *(of.table for of in (OF_JOBS, OF_RUNS, *PARTS)))
DOOMED: Final = "SELECT id FROM tenants WHERE delete_at <= {now:d}"


def without_doomed(now: Instant, schema: str = "") -> str:
    """A ``WITH`` under which a statement sees nothing of tenants that are going: between two portions of that, what is
    left of them hangs together no more. ``schema`` leads past the names that it redefines, where they see each other.
    """
    doomed = DOOMED.format(now=now)
    parts = [
        f"{child} AS (SELECT * FROM {schema}{child} c WHERE NOT EXISTS ("
        f"SELECT 1 FROM {schema}{table} p WHERE p.{key} = c.{column} AND p.tenant_id IN ({doomed})))"
        for child, (table, key, column) in FOUND_THROUGH.items()
    ]
    owned = [f"{table} AS (SELECT * FROM {schema}{table} WHERE tenant_id NOT IN ({doomed}))" for table in WITH_TENANT]
    return "WITH " + ", ".join(parts + owned) + " "
