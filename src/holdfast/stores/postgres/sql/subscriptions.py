"""Statements about event subscriptions and their deliveries."""

from typing import Final

# subscriptions: primary key, from end to end; those that are off are few. tenants: primary key
LISTENING: Final = """
SELECT * FROM subscriptions s
WHERE enabled AND NOT EXISTS (SELECT FROM tenants t WHERE t.id = s.tenant_id AND t.suspended_at IS NOT NULL)
ORDER BY id
"""
# What came while their tenant was suspended isn't for them. subscriptions_by_tenant
GO_ON: Final = "UPDATE subscriptions SET since = $2 WHERE tenant_id = $1"
# primary key
GET: Final = "SELECT * FROM subscriptions WHERE id = $1 AND tenant_id = $2"
LOCK: Final = GET + " FOR UPDATE"
# subscriptions_by_tenant (tenant_id, id)
LIST: Final = """
SELECT * FROM subscriptions WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
"""
ADD: Final = """
INSERT INTO subscriptions (id, tenant_id, title, url, types, condition, enabled, reason, sealed, previous,
                           previous_until, created_at, updated_at, since)
VALUES ($1, $2, $3, $4, $5::json, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
# The columns in the order of ``ADD``; who it belongs to and when it was made don't change.
CHANGE: Final = """
UPDATE subscriptions
SET title = $3, url = $4, types = $5::json, condition = $6, enabled = $7, reason = $8, sealed = $9, previous = $10,
    previous_until = $11, updated_at = $13, since = $14
WHERE id = $1 AND tenant_id = $2 AND created_at = $12
"""
DELETE: Final = "DELETE FROM subscriptions WHERE id = $1 AND tenant_id = $2 RETURNING id"

ADD_DELIVERIES: Final = """
INSERT INTO deliveries (subscription_id, job_id, tenant_id, event_id, event_type, at)
SELECT g.subscription_id, g.job_id, g.tenant_id, g.event_id, g.event_type, g.at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[])
  AS g (subscription_id, job_id, tenant_id, event_id, event_type, at)
ON CONFLICT DO NOTHING
"""
# A job's id orders deliveries by their beginning. deliveries, jobs, live: primary keys
_DELIVERIES: Final = """
SELECT d.subscription_id, d.job_id, d.event_id, d.event_type, d.at, coalesce(l.state, j.state) AS state,
       coalesce(l.due_at, j.due_at) AS due_at, coalesce(l.attempt, j.attempt) AS attempt, j.error, j.result,
       j.finished_at, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
FROM deliveries d
LEFT JOIN jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
LEFT JOIN live l ON l.job_id = d.job_id
WHERE d.subscription_id = $1 AND d.tenant_id = $2
"""
LIST_DELIVERIES: Final = _DELIVERIES + "AND ($3::uuid IS NULL OR d.job_id < $3) ORDER BY d.job_id DESC LIMIT $4"
GET_DELIVERY: Final = _DELIVERIES + "AND d.job_id = $3"
