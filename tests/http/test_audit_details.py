"""What the audit log says of changes to people, keys, secrets, tenants, queues and subscriptions; never a secret."""

from __future__ import annotations

from typing import Any

from holdfast.model.audit import INSTANCE
from tests.http.people import ADA, Browser, browsing, owner, person
from tests.http.serving import Api
from tests.http.test_audit import everything, newest

VALUE = "a value that nobody sees again"


async def told(api: Api, reply: Any, tenant: str | None = None) -> Any:
    """The detail of the entry that was made last."""
    assert reply.status < 300, reply.text
    entry = await newest(api, tenant)
    assert (entry.actor_kind, entry.actor) == ("person", ADA)
    return entry.detail


async def test_people_and_keys(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, "bob@example.com", "viewer", name="ada@example.com")
    async with browsing(locked) as ada:
        await ada.sign_in()
        changed = await told(locked, await ada.call("PATCH", f"/api/v1/users/{bob.id}", {"role": "editor"}))
        role = {"before": "viewer", "after": "editor"}
        assert changed == {"user": "bob@example.com", "was": "viewer", "role": role}
        invited = await told(locked, await ada.post("/api/v1/invites", {"email": "eve@example.com", "role": "admin"}))
        assert invited == {"email": "eve@example.com", "role": "admin"}
        made = await ada.post("/api/v1/keys", {"name": "ci", "role": "viewer", "scopes": ["runs:read"]})
        key = {"name": "ci", "role": "viewer", "scopes": ["runs:read"], "instance_admin": False, "expires_at": None}
        assert await told(locked, made) == key
        revoked = await told(locked, await ada.call("DELETE", f"/api/v1/keys/{made.json['id']}"))
        assert revoked == {"name": "ci", "role": "viewer", "instance_admin": False}
        account = await ada.post("/api/v1/service-accounts", {"name": "robot", "role": "viewer"})
        assert await told(locked, account) == {"name": "robot", "role": "viewer"}
        removed = await told(locked, await ada.call("DELETE", f"/api/v1/users/{bob.id}"))
        assert removed == {"user": "bob@example.com", "was": "editor"}


async def test_what_is_refused_says_what_was_asked_for(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, "bob@example.com", "admin")
    async with browsing(locked) as his:
        await his.sign_in("bob@example.com")
        assert (await his.call("PATCH", f"/api/v1/users/{bob.id}", {"role": "owner"})).status == 403
        entry = await newest(locked)
        assert (entry.actor, entry.outcome) == ("bob@example.com", "denied")
        assert entry.detail["role"] == {"before": "admin", "after": "owner"}


async def test_secrets_queues_and_subscriptions(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        path = "/api/v1/secrets/TOKEN"
        new = await told(locked, await ada.call("PUT", path, {"value": VALUE, "hosts": ["a.example.com"]}))
        assert new == {"new": True, "type": "text", "hosts": ["a.example.com"]}
        wider = await told(locked, await ada.call("PUT", path, {"value": VALUE, "hosts": None}))
        assert wider == {"new": False, "hosts": {"before": ["a.example.com"], "after": None}}
        paused = await told(locked, await ada.call("PATCH", "/api/v1/queues/mail", {"paused": True}), INSTANCE)
        assert paused["paused"] is True
        again = await told(locked, await ada.call("PATCH", "/api/v1/queues/mail", {"paused": False}), INSTANCE)
        assert again == {"paused": {"before": True, "after": False}}
        await subscriptions(locked, ada)
        assert not [act for act in await everything(locked) if VALUE in str(act.detail)]


async def subscriptions(api: Api, ada: Browser) -> None:
    path = "/api/v1/event-subscriptions"
    made = await ada.post(path, {"url": "https://example.com/hook/T0KEN?k=1", "types": ["run.failed"]})
    detail = await told(api, made)
    assert (detail["url"], detail["types"]) == ("https://example.com", ["run.failed"])
    off = await told(api, await ada.call("PATCH", f"{path}/{made.json['id']}", {"enabled": False}))
    assert off == {"enabled": {"before": True, "after": False}}
    gone = await told(api, await ada.call("DELETE", f"{path}/{made.json['id']}"))
    assert gone["url"] == "https://example.com"


async def test_tenants(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        made = await ada.post("/api/v1/tenants", {"name": "acme"})
        assert (await told(locked, made, INSTANCE))["name"] == "acme"
        path = f"/api/v1/tenants/{made.json['id']}"
        opened = {"egress": {"also": ["10.1.0.0/16"], "only": None}}
        changed = await told(locked, await ada.call("PATCH", path, opened), INSTANCE)
        assert changed == {
            "tenant": "acme",
            "egress": {"before": {"also": [], "only": None}, "after": opened["egress"]},
        }
        assert await told(locked, await ada.post(f"{path}/suspend"), INSTANCE) == {"tenant": "acme"}
        deleted = await told(locked, await ada.call("DELETE", path), INSTANCE)
        assert (deleted["tenant"], deleted["delete_at"] is None) == ("acme", False)
