"""Two tenants on one server: one has something of everything, the other's owner would like to see it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import asyncpg

from holdfast.model.access import Invite, Role, Session, User
from holdfast.model.instant import DAY
from holdfast.model.records import Mail
from holdfast.ports import NewTenant
from holdfast.ports.access import NewUser
from holdfast.stores.belongings import WITH_TENANT
from tests.http.serving import Api
from tests.http.triggering import FIRINGS, RULES, SCHEDULES, yearly_rule
from tests.support.waiting import eventually

A, B = "tenant-alpha", "tenant-beta"
# The only queue that the server's worker serves: whatever else the tenants have stays as it is.
WORKED: Final = "worked"
MARK: Final = "alpha"
# What goes on by itself, or is about who came in.
_RESTLESS: Final = {"audit", "audit_heads", "statistics", "queue_depths", "events_pruned", "lanes"}
_FLOW: Final[dict[str, Any]] = {
    "holdfast": 1,
    "name": "alpha-flow",
    "triggers": [
        {"id": "hook", "type": "webhook"},
        {"id": "yearly", "type": "cron", "cron": "0 7 1 1 *"},
        {"id": "told", "type": "event", "event": "alpha.never"},
    ],
    "nodes": [{"id": "alpha_later", "type": "delay", "params": {"for": "1h"}}, {"id": "end", "type": "noop"}],
    "edges": [{"from": "alpha_later", "to": "end"}],
}
_DYING: Final = {"kind": "fail", "payload": {"message": "alpha fails"}, "retry": {"max_attempts": 1}, "queue": WORKED}
_YEARS: Final = {"from": "2020-01-01T00:00:00Z", "to": "2023-01-01T00:00:00Z"}


@dataclass
class Neighbours:
    """``ids``: of A's things, by the names of path parameters; ``others``: further ids that must never be seen."""

    api: Api
    url: str
    owner: dict[str, str]
    stranger: dict[str, str]
    person: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    @property
    def marks(self) -> set[str]:
        """What tells that an answer holds something of A's."""
        known = {*self.ids.values(), *self.others, MARK, A}
        return {text for text in known if len(text) > 4}

    async def everything(self) -> dict[str, list[str]]:
        """Every row of A's, by table."""
        tables = [table for table in WITH_TENANT if table not in _RESTLESS]
        found = {table: await _rows(self.url, f"SELECT * FROM {table} WHERE tenant_id = '{A}'") for table in tables}
        return {table: sorted(map(_text, rows)) for table, rows in found.items()}

    async def settled(self) -> dict[str, list[str]]:
        """Everything, once nothing of it changes any more."""

        async def same() -> Any:
            before = await self.everything()
            return before if before == await self.everything() else None

        found: dict[str, list[str]] = await eventually(same)
        return found


async def _rows(url: str, statement: str) -> list[dict[str, Any]]:
    if url.startswith("postgres"):
        connection = await asyncpg.connect(url)
        try:
            return [dict(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()
    db = sqlite3.connect(url.removeprefix("sqlite:///"))
    db.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in db.execute(statement)]
    finally:
        db.close()


def _text(row: dict[str, Any]) -> str:
    """Without when a key or a session was last used: being refused is no use."""
    kept = {name: value for name, value in row.items() if name not in ("used_at", "used_from", "seen_at")}
    return json.dumps(kept, default=str, sort_keys=True)


async def neighbours(api: Api, url: str) -> Neighbours:
    store, now = api.app.services.store, api.app.services.now()
    for tenant in (A, B):
        await store.create_tenant(NewTenant(tenant, f"{tenant} Ltd"), now)
    owner, stranger = await api.key("owner", tenant=A), await api.key("owner", tenant=B)
    person = {"Cookie": f"holdfast_session={await _signed_in(api, B, 'stranger@example.com')}", "Origin": api.base}
    there = Neighbours(api, url, owner, stranger, person)
    await _fill(there)
    return there


async def _fill(there: Neighbours) -> None:
    await _work(there)
    await _triggers(there)
    await _people(there)


async def _made(there: Neighbours, path: str, body: Any, status: int = 201) -> Any:
    reply = await there.api.post(path, body, headers=there.owner)
    assert reply.status == status, (path, reply.text)
    return reply.json


async def _work(there: Neighbours) -> None:
    ids, v1 = there.ids, "/api/v1"
    flow = await _made(there, f"{v1}/workflows", _FLOW)
    ids |= {
        "workflow": flow["id"],
        "version": "1",
        "before": "1",
        "after": "1",
        "node": "alpha_later",
        "name": "alpha_later",
    }
    run = await _made(there, f"{v1}/workflows/alpha-flow/runs", {"input": {"secret": "alpha input"}})
    ids["run_id"] = run["id"]
    job = await _made(there, f"{v1}/jobs", {"kind": "noop", "delay": "1h", "payload": {"who": "alpha"}})
    dead = await _made(there, f"{v1}/jobs", _DYING)
    ids["job_id"], ids["dead"] = job["id"], dead["id"]
    there.others |= {"alpha-flow", "alpha input", "alpha.made", "ALPHA_TOKEN"}
    await _made(there, f"{v1}/events", {"type": "alpha.made", "data": {"by": "alpha"}})

    async def ended() -> bool:
        shown = await there.api.get(f"{v1}/jobs/{dead['id']}", headers=there.owner)
        return bool(shown.json["state"] in ("DEAD", "FAILED"))

    await eventually(ended)
    subscription = await _made(there, f"{v1}/event-subscriptions", {"url": "https://a.example", "types": ["alpha.*"]})
    ids["subscription_id"] = subscription["id"]
    ids["delivery_id"] = (await _made(there, f"{v1}/event-subscriptions/{subscription['id']}/test", {}))["id"]
    put = await there.api.call("PUT", f"{v1}/secrets/ALPHA_TOKEN", json={"value": "alpha value"}, headers=there.owner)
    assert put.status in (200, 201), put.text
    store, now = there.api.app.services.store, there.api.app.services.now()
    await store.keep_mail(Mail("mail-alpha", A, "a@example.com", ("b@example.com",), "alpha mail", "text", None, now))


async def _triggers(there: Neighbours) -> None:
    ids, api, owner = there.ids, there.api, there.owner
    listed = (await api.get("/api/v1/workflows/alpha-flow/triggers", headers=owner)).json["items"]
    rows = {each["id"]: each for each in listed}
    ids["hook"], ids["row"] = rows["hook"]["row"], rows["yearly"]["row"]
    there.others |= {rows["hook"]["url"].rpartition("/")[2], rows["told"]["row"]}
    backfill = await _made(there, f"{SCHEDULES}/{ids['row']}/backfills", _YEARS)
    rule = await _made(there, RULES, yearly_rule("alpha-rule"))
    ids["backfill"], ids["rule"] = backfill["id"], rule["id"]
    await _made(there, f"{RULES}/alpha-rule/fire", {}, 201)

    async def fired() -> Any:
        items = (await api.get(FIRINGS, headers=owner)).json["items"]
        kinds = {item["owner"]["kind"] for item in items}
        return items if kinds == {"workflow", "rule"} else None

    items = await eventually(fired)
    ids["firing"] = items[0]["id"]
    there.others |= {item["id"] for item in items} | {"alpha-rule"}


async def _people(there: Neighbours) -> None:
    ids, api, now = there.ids, there.api, there.api.app.services.now()
    store = api.app.services.store
    token = await _signed_in(api, A, "alpha@example.com")
    (member,) = [one for one in (await store.list_members(A, None, 10)).items if one.user.kind == "person"]
    ids["user_id"] = member.user.id
    (session,) = await store.list_sessions(member.user.id, now)
    ids["session_id"] = session.id
    made = await _made(there, "/api/v1/keys", {"name": "alpha key", "role": "viewer"})
    account = await _made(there, "/api/v1/service-accounts", {"name": "alpha robot", "role": "viewer"})
    ids |= {"key_id": made["id"], "account_id": account["id"], "tenant": A}
    invite = Invite(_id(api), "member", "new.alpha@example.com", "alpha", now, now + DAY, A, Role.VIEWER)
    await store.add_invite(invite, sha256(b"alpha invite").digest())
    ids["invite_id"] = invite.id
    there.others |= {token, made["key"], "alpha@example.com", "alpha robot"}


async def _signed_in(api: Api, tenant: str, email: str) -> str:
    """A new person, owner of the tenant; the token of their session."""
    store, now, token = api.app.services.store, api.app.services.now(), f"session of {email}".replace(" ", "-")
    user = User(_id(api), "person", email.partition("@")[0], now, email)
    await store.add_user(NewUser(user), tenant, Role.OWNER, now)
    session = Session(_id(api), user.id, tenant, now, now, now + DAY)
    await store.add_session(session, sha256(token.encode()).digest())
    return token


def _id(api: Api) -> str:
    return api.app.services.engine.entropy.new_id(api.app.services.now())
