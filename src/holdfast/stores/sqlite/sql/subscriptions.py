"""Statements about event subscriptions and their deliveries."""

from typing import Final

_COLUMNS: Final = """
SELECT id, tenant_id, title, url, types, condition, enabled, reason, sealed, previous, previous_until, created_at,
  updated_at, since FROM subscriptions"""
# primary keys; they are few
LISTENING: Final = f"""
{_COLUMNS} s WHERE enabled
  AND NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = s.tenant_id AND t.suspended_at IS NOT NULL)
ORDER BY id"""
# subscriptions_by_tenant; what came while their tenant was suspended isn't for them
GO_ON: Final = "UPDATE subscriptions SET since = ? WHERE tenant_id = ?"
# primary key
GET: Final = f"{_COLUMNS} WHERE id = ? AND tenant_id = ?"
LIST: Final = f"{_COLUMNS} INDEXED BY subscriptions_by_tenant WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?"
ADD: Final = """
INSERT INTO subscriptions (id, tenant_id, title, url, types, condition, enabled, reason, sealed, previous,
  previous_until, created_at, updated_at, since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
REPLACE: Final = ADD.replace("INSERT", "INSERT OR REPLACE", 1)
DELETE: Final = "DELETE FROM subscriptions WHERE id = ? AND tenant_id = ?"

ADD_DELIVERIES: Final = """
INSERT INTO deliveries (subscription_id, job_id, tenant_id, event_id, event_type, at)
{rows}
ON CONFLICT (subscription_id, job_id) DO NOTHING"""
# primary keys; the job's id orders deliveries by their beginning
_DELIVERIES: Final = """
SELECT d.subscription_id, d.job_id, d.event_id, d.event_type, d.at, coalesce(l.state, j.state) AS state,
  coalesce(l.due_at, j.due_at) AS due_at, coalesce(l.attempt, j.attempt) AS attempt, j.error, j.result, j.finished_at
FROM deliveries d LEFT JOIN jobs j ON j.id = d.job_id LEFT JOIN live l ON l.job_id = d.job_id
WHERE d.subscription_id = ?"""
LIST_DELIVERIES: Final = f"{_DELIVERIES} AND d.job_id < ? ORDER BY d.job_id DESC LIMIT ?"
GET_DELIVERY: Final = f"{_DELIVERIES} AND d.job_id = ?"
