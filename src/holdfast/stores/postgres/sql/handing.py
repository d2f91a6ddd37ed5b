"""Which of a statement's new jobs the worker gets that offers slots for them, as part of that statement."""


def handed(given: str, *, worker: str, slots: str, now: str) -> str:
    """Two CTEs behind the first ones of a statement; ``handed`` holds the ids.

    ``given``: the CTE with the new jobs, ``wanted`` where the worker would take one. It gets a job only where a claim
    would have nobody else to think of: the worker is alive; nothing limits the queue or the tenant; and nothing that is
    due waits in the queue, nor behind a gate. Nothing is locked for that: a claim that finds no limits doesn't either.
    calm: each look is one row of an index, whatever waits (EXISTS would become a join with all of it). queues, workers,
    tenants: primary keys; live_ready; live_scheduled; live_gated_scheduled.
    """
    return f"""
), calm AS MATERIALIZED (
    SELECT q.name FROM (SELECT DISTINCT queue FROM {given} WHERE wanted) AS w
    JOIN queues q ON q.name = w.queue
    LEFT JOIN LATERAL (
        SELECT true AS there FROM live l WHERE l.queue = q.name AND l.state = 'PENDING' AND NOT l.gated LIMIT 1
    ) ready ON true
    LEFT JOIN LATERAL (
        SELECT true AS there FROM live l
        WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND NOT l.gated AND l.due_at <= {now} LIMIT 1
    ) due ON true
    LEFT JOIN LATERAL (
        SELECT true AS there FROM live l
        WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND l.gated AND l.due_at <= {now} LIMIT 1
    ) behind ON true
    WHERE NOT q.paused AND q.concurrency IS NULL AND q.rate_count IS NULL
      AND ready.there IS NULL AND due.there IS NULL AND behind.there IS NULL
      AND EXISTS (SELECT FROM workers WHERE id = {worker}::uuid AND state = 'ALIVE')
), handed AS MATERIALIZED (
    SELECT g.id FROM {given} g
    LEFT JOIN tenants t ON t.id = g.tenant_id
    WHERE g.wanted AND t.running_limit IS NULL AND g.queue = ANY (ARRAY(SELECT name FROM calm))
    ORDER BY g.rank, g.id LIMIT {slots}::integer
"""
