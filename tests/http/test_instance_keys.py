"""Keys of admins of the instance: asked for by name, by one who is that already."""

from __future__ import annotations

from typing import Any

from tests.http.people import browsing, owner
from tests.http.serving import Api

KEYS = "/api/v1/keys"
TENANTS = "/api/v1/tenants"


def bearer(made: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['key']}"}


async def test_an_admin_of_the_instance_makes_the_key_of_one_by_asking_for_it(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        first, plain = [(await ada.post(KEYS, {"name": name, "role": "owner"})).json for name in ("a", "b")]
        asked = (await ada.post(KEYS, {"name": "c", "role": "viewer", "instance_admin": True})).json
        assert [made["instance_admin"] for made in (first, plain, asked)] == [True, False, True]
        replies = [await locked.get(TENANTS, headers=bearer(made)) for made in (first, plain, asked)]
        assert [reply.status for reply in replies] == [200, 403, 200]
        listed = {key["name"]: key["instance_admin"] for key in (await ada.get(KEYS)).json["items"]}
        assert listed == {"a": True, "b": False, "c": True}


async def test_nobody_else_makes_one(locked: Api) -> None:
    body = {"name": "x", "role": "viewer", "instance_admin": True}
    refused = await locked.post(KEYS, body, headers=await locked.key("owner"))
    assert (refused.status, refused.json["detail"]) == (403, "Only an admin of the instance makes the key of one.")


async def test_a_first_key_can_be_no_admin_and_a_service_accounts_never_is(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        body = {"name": "x", "role": "owner", "instance_admin": False}
        assert (await ada.post(KEYS, body)).json["instance_admin"] is False
        account = (await ada.post("/api/v1/service-accounts", {"name": "robot", "role": "viewer"})).json
        body = {"name": "x", "role": "viewer", "instance_admin": True, "service_account": account["id"]}
        refused = await ada.post(KEYS, body)
        assert (refused.status, refused.paths) == (422, ["instance_admin"])
