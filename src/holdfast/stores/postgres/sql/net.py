"""Statements of the second net: the role that reads for a tenant, and what it sees."""

from typing import Final

from holdfast.stores.belongings import FOUND_THROUGH, WITH_TENANT

ROLE: Final = "holdfast_tenant"
SETTING: Final = "holdfast.tenant"
_SEEN: Final = f"current_setting('{SETTING}', true)"

# Whether this session may become the role. A member needn't be allowed to, since PostgreSQL 16.
MAY: Final = f"""
SELECT coalesce((
    SELECT pg_has_role(current_user, oid,
                       CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END)
    FROM pg_roles WHERE rolname = '{ROLE}'
), false)
"""
COVERED: Final = """
SELECT tablename::text FROM pg_policies WHERE schemaname = current_schema() AND policyname = 'of_tenant'
"""
THERE: Final = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
SCHEMA: Final = "SELECT quote_ident(current_schema())"


def conditions() -> dict[str, str]:
    """Which rows of each table the role sees. Looked up one by one: a plan must not read a whole table for one row."""
    owned = dict.fromkeys(WITH_TENANT, f"tenant_id = {_SEEN}")
    parts = {
        table: f"(SELECT p.tenant_id FROM {of} p WHERE p.tenant_id = {_SEEN} AND p.{key} = {table}.{column}) = {_SEEN}"
        for table, (of, key, column) in FOUND_THROUGH.items()
    }
    members = f"(SELECT m.tenant_id FROM memberships m WHERE m.tenant_id = {_SEEN} AND m.user_id = users.id) = {_SEEN}"
    return {**owned, **parts, "tenants": f"id = {_SEEN}", "users": members}


# What the role may read of a table, where that isn't all of it: nothing that proves a person.
COLUMNS: Final = {"users": "(id, kind, name, email, created_at, disabled_at)"}
BECOME_TENANT: Final = f"SET ROLE {ROLE}"
READ_FOR: Final = f"SELECT set_config('{SETTING}', $1, false)"
