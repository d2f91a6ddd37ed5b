"""What a narrowed key can't do whatever its scopes: let people in, or raise them. And whose invites end with them."""

from __future__ import annotations

import pytest

from tests.http.people import ADA, browsing, owner, person
from tests.http.serving import Api

INVITES = "/api/v1/invites"
USERS = "/api/v1/users"
SCOPES = frozenset({"invites:write", "users:write", "service-accounts:write", "users:read"})


async def test_a_narrowed_key_lets_nobody_in_and_raises_nobody(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, "bob@example.com", "operator")
    key = await locked.key("owner", instance_admin=True, scopes=SCOPES)
    tries = [
        ("POST", INVITES, {"email": "eve@example.com", "role": "viewer"}),
        ("POST", f"{USERS}/{bob.id}/password-link", None),
        ("POST", "/api/v1/service-accounts", {"name": "robot", "role": "owner"}),
        ("PATCH", f"{USERS}/{bob.id}", {"role": "owner"}),
        ("PATCH", f"{USERS}/{bob.id}", {"instance_admin": True}),
    ]
    for method, path, body in tries:
        refused = await locked.call(method, path, json=body, headers=key)
        assert refused.status == 403, (method, path, refused.text)
        assert refused.json["detail"].startswith("A key with scopes can't "), refused.text
    lowered = await locked.call("PATCH", f"{USERS}/{bob.id}", json={"role": "viewer"}, headers=key)
    assert (lowered.status, lowered.json["role"]) == (200, "viewer")


@pytest.mark.parametrize(
    ("method", "body", "left"),
    [
        ("DELETE", None, []),
        ("PATCH", {"role": "editor"}, []),
        ("PATCH", {"disabled": True}, []),
        ("PATCH", {"role": "admin"}, ["viewer@example.com"]),
    ],
)
async def test_the_open_invites_of_who_is_removed_or_lowered_end(
    locked: Api, method: str, body: dict[str, object] | None, left: list[str]
) -> None:
    await owner(locked)
    bob = await person(locked, "bob@example.com", "owner")
    async with browsing(locked) as ada, browsing(locked) as his:
        await ada.sign_in()
        await his.sign_in("bob@example.com")
        await ada.post(INVITES, {"email": "hers@example.com", "role": "owner"})
        for role in ("owner", "viewer"):
            assert (await his.post(INVITES, {"email": f"{role}@example.com", "role": role})).status == 201
        assert (await ada.call(method, f"{USERS}/{bob.id}", body)).status < 300
        open_ones = (await ada.get(INVITES)).json["items"]
        assert [one["email"] for one in open_ones] == ["hers@example.com", *left]
        assert {one["created_by"] for one in open_ones} <= {ADA, "bob@example.com"}
