"""What must hold of triggers and of what they gather at any moment between transactions."""

from typing import Final

_CLOCK: Final = "type IN ('cron', 'every', 'at')"

# (what is wrong with the thing named first, a statement that lists such things)
TRIGGER_CHECKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "clock {0} acts and has a next time, but nobody will look at it",
        f"SELECT row FROM triggers WHERE {_CLOCK} AND acting AND next_at IS NOT NULL AND due_at IS NULL",
    ),
    (
        "trigger {0} doesn't act or is no clock, but is due",
        f"SELECT row FROM triggers WHERE due_at IS NOT NULL AND NOT (acting AND {_CLOCK})",
    ),
    (
        "trigger {0} is as if its {1} were {2}",
        """SELECT t.row, t.owner_kind, CASE WHEN t.enabled THEN 'on' ELSE 'off' END FROM triggers t
          LEFT JOIN workflows w ON t.owner_kind = 'workflow' AND w.id = t.owner_id
          LEFT JOIN rules r ON t.owner_kind = 'rule' AND r.id = t.owner_id
        WHERE t.present AND t.enabled <> coalesce(w.enabled, r.enabled)""",
    ),
    (
        "trigger {0} is as if its tenant were suspended, or the other way round",
        """SELECT t.row FROM triggers t JOIN tenants o ON o.id = t.tenant_id
        WHERE t.suspended <> (o.suspended_at IS NOT NULL)""",
    ),
    (
        "trigger {0} is there, but its {1} isn't",
        """SELECT t.row, t.owner_kind FROM triggers t
          LEFT JOIN workflows w ON t.owner_kind = 'workflow' AND w.id = t.owner_id AND w.deleted_at IS NULL
          LEFT JOIN rules r ON t.owner_kind = 'rule' AND r.id = t.owner_id
        WHERE t.present AND coalesce(w.id, r.id) IS NULL""",
    ),
    (
        "trigger {0} has gathered {1} events, but {2} wait for it",
        """SELECT trigger_row, count, there FROM (
          SELECT g.trigger_row, g.count, (SELECT count(*) FROM gathered e
            WHERE e.trigger_row = g.trigger_row AND e.batch IS NULL) AS there
          FROM gatherings g)
        WHERE count <> there""",
    ),
    (
        "an event that was gathered for trigger {0} waits for no time",
        """SELECT DISTINCT e.trigger_row FROM gathered e
        WHERE e.batch IS NULL AND NOT EXISTS (SELECT 1 FROM gatherings g WHERE g.trigger_row = e.trigger_row)""",
    ),
    (
        "event {1}, gathered for trigger {0}, lost its content before it started anything",
        "SELECT trigger_row, event_id FROM gathered WHERE NOT dropped AND event IS NULL",
    ),
    (
        "firing {0} started run {1}, which doesn't exist",
        """SELECT f.id, f.run_id FROM firings f LEFT JOIN runs r ON r.id = f.run_id
        WHERE f.run_id IS NOT NULL AND r.id IS NULL""",
    ),
    (
        "job {1} delivers an event to subscription {0}, but doesn't exist",
        """SELECT d.subscription_id, d.job_id FROM deliveries d LEFT JOIN jobs j ON j.id = d.job_id
        WHERE j.id IS NULL""",
    ),
    (
        "backfill {0} has finished, but its time {1} hasn't come",
        "SELECT id, next_at FROM backfills WHERE finished_at IS NOT NULL AND next_at IS NOT NULL",
    ),
)
