"""What must hold of triggers and of what they gather: queries of the ids that break it, as in ``invariants``."""

from typing import Final

_CLOCK: Final = "t.type IN ('cron', 'every', 'at')"
_OWNERS: Final = """
    LEFT JOIN workflows w ON t.owner_kind = 'workflow' AND w.id = t.owner_id AND w.deleted_at IS NULL
    LEFT JOIN rules r ON t.owner_kind = 'rule' AND r.id = t.owner_id"""

TRIGGER_CHECKS: Final[dict[str, str]] = {
    "clocks that act and have a next time at which nobody will look at them": f"""
        SELECT t.row FROM triggers t WHERE {_CLOCK} AND t.acting AND t.next_at IS NOT NULL AND t.due_at IS NULL""",
    "triggers that are due though they don't act or are no clocks": f"""
        SELECT t.row FROM triggers t WHERE t.due_at IS NOT NULL AND NOT (t.acting AND {_CLOCK})""",
    "triggers that are on while their owner is off, or the other way round": f"""
        SELECT t.row FROM triggers t {_OWNERS} WHERE t.present AND t.enabled <> coalesce(w.enabled, r.enabled)""",
    "triggers that are on though their tenant is suspended, or the other way round": """
        SELECT t.row FROM triggers t JOIN tenants o ON o.id = t.tenant_id
        WHERE t.suspended <> (o.suspended_at IS NOT NULL)""",
    "triggers of owners that are gone": f"""
        SELECT t.row FROM triggers t {_OWNERS} WHERE t.present AND coalesce(w.id, r.id) IS NULL""",
    "triggers whose open events are counted wrongly": """
        SELECT g.trigger_row FROM gatherings g
        WHERE g.count <> (SELECT count(*) FROM gathered o WHERE o.trigger_row = g.trigger_row AND o.batch IS NULL)""",
    "triggers with open events that wait for no time": """
        SELECT DISTINCT o.trigger_row FROM gathered o LEFT JOIN gatherings g ON g.trigger_row = o.trigger_row
        WHERE o.batch IS NULL AND g.trigger_row IS NULL""",
    "gathered events that lost their content before they started anything": """
        SELECT trigger_row, event_id FROM gathered WHERE NOT dropped AND event IS NULL""",
    "firings of runs that don't exist": """
        SELECT f.id FROM firings f LEFT JOIN runs r ON r.id = f.run_id
        WHERE f.run_id IS NOT NULL AND r.id IS NULL""",
    "jobs of firings that don't exist": """
        SELECT j.job_id FROM firing_jobs j LEFT JOIN firings f ON f.id = j.firing_id
        WHERE f.id IS NULL""",
    "deliveries whose job doesn't exist": """
        SELECT d.job_id FROM deliveries d LEFT JOIN jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
        WHERE j.id IS NULL""",
    "backfills that have finished with a time still to start": """
        SELECT id FROM backfills WHERE finished_at IS NOT NULL AND next_at IS NOT NULL""",
}
