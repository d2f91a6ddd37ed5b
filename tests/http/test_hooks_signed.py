"""Signed webhooks over a real socket: who is let in, who gets 401, and what that leaves behind."""

from __future__ import annotations

import time
from base64 import b64encode
from hmac import digest
from typing import Any

import pytest

from tests.http.hooking import hook, rejections, runs, secret
from tests.http.serving import JSON_TYPE, Api

BODY = b'{"id": "evt_1", "n": 1}'
STANDARD = "whsec_" + b64encode(b"a secret of 24 bytes ...").decode()
KINDS = ("standard", "github", "stripe", "slack", "hmac", "basic", "bearer")


def headers_of(kind: str, body: bytes = BODY, *, away: int = 0, key: str = "sesame") -> dict[str, str]:
    """What an honest sender sends, ``away`` seconds from now."""
    at = str(int(time.time()) + away)

    def mac(text: bytes, secret: bytes = key.encode()) -> bytes:
        return digest(secret, text, "sha256")

    standard = mac(b"m-1." + at.encode() + b"." + body, b"a secret of 24 bytes ...")
    return {
        "standard": {
            "webhook-id": "m-1",
            "webhook-timestamp": at,
            "webhook-signature": "v1,AAAA v1," + b64encode(standard).decode(),
        },
        "github": {"X-Hub-Signature-256": f"sha256={mac(body).hex()}", "X-GitHub-Delivery": "g-1"},
        "stripe": {"Stripe-Signature": f"t={at},v1={mac(f'{at}.'.encode() + body).hex()}"},
        "slack": {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={mac(f'v0:{at}:'.encode() + body).hex()}",
        },
        "hmac": {"X-Acme": "sig=" + b64encode(mac(body)).decode()},
        "basic": {"Authorization": "Basic " + b64encode(f"ada:{key}".encode()).decode()},
        "bearer": {"Authorization": f"Bearer {key}"},
    }[kind]


MORE: dict[str, dict[str, Any]] = {
    "hmac": {"header": "X-Acme", "encoding": "base64", "prefix": "sig="},
    "basic": {"user": "ada"},
}


async def signed(api: Api, kind: str, **more: Any) -> str:
    await secret(api, "MINE", STANDARD if kind == "standard" else "sesame")
    signature = {"type": kind, "secret": "MINE", **MORE.get(kind, {}), **more}
    return await hook(api, trigger={"signature": signature})


@pytest.mark.parametrize("kind", KINDS)
async def test_an_honest_sender_is_let_in_and_nobody_else(api: Api, kind: str) -> None:
    path = await signed(api, kind)
    good = headers_of(kind)
    first = await api.call("POST", path, data=BODY, headers={**JSON_TYPE, **good})
    assert first.status == 202, first.text
    none = await api.call("POST", path, data=BODY, headers=JSON_TYPE)
    wrong = await api.call("POST", path, data=BODY, headers={**JSON_TYPE, **headers_of(kind, BODY + b" ", key="x")})
    assert (none.status, wrong.status) == (401, 401)
    assert none.headers["Content-Type"] == "application/problem+json"
    assert "is missing" in none.json["detail"]
    assert "sesame" not in none.text + wrong.text
    assert "MINE" not in none.text + wrong.text
    assert (none.headers.get("WWW-Authenticate") is not None) == (kind in ("basic", "bearer"))
    assert len(await runs(api)) == 1
    assert len(await rejections(api, 2)) == 2


@pytest.mark.parametrize("kind", ["standard", "github", "stripe", "slack", "hmac"])
async def test_a_replay_is_the_same_run(api: Api, kind: str) -> None:
    path = await signed(api, kind)
    sent = {**JSON_TYPE, **headers_of(kind)}
    first = await api.call("POST", path, data=BODY, headers=sent)
    again = await api.call("POST", path, data=BODY, headers=sent)
    assert (first.status, again.status) == (202, 200)
    assert again.json == first.json


@pytest.mark.parametrize("kind", ["standard", "stripe", "slack"])
async def test_outside_of_the_replay_window_it_is_401(api: Api, kind: str) -> None:
    path = await signed(api, kind, tolerance="1m")
    for away in (-70, 70):
        reply = await api.call("POST", path, data=BODY, headers={**JSON_TYPE, **headers_of(kind, away=away)})
        assert reply.status == 401
        assert "more than 1m away" in reply.json["detail"]
    reply = await api.call("POST", path, data=BODY, headers={**JSON_TYPE, **headers_of(kind, away=-30)})
    assert reply.status == 202


@pytest.mark.parametrize("kind", KINDS)
async def test_without_its_secret_a_trigger_lets_nobody_in(api: Api, kind: str) -> None:
    signature = {"type": kind, "secret": "NOWHERE", **MORE.get(kind, {})}
    path = await hook(api, trigger={"signature": signature})
    reply = await api.call("POST", path, data=BODY, headers={**JSON_TYPE, **headers_of(kind)})
    assert (reply.status, "NOWHERE" in reply.text) == (401, False)
    assert "NOWHERE" in (await rejections(api))[0]


async def test_a_body_is_looked_at_only_once_its_sender_is_known(api: Api) -> None:
    path = await signed(api, "hmac")
    for body in (b'{"a": ', b"\xff"):
        unsigned = await api.call("POST", path, data=body, headers=JSON_TYPE)
        let_in = await api.call("POST", path, data=body, headers={**JSON_TYPE, **headers_of("hmac", body)})
        assert (unsigned.status, let_in.status) == (401, 400)


async def test_the_raw_body_is_what_is_signed(api: Api) -> None:
    path = await signed(api, "github")
    body = b'{ "b" :1,\r\n"a": "\\u00e9" }'
    reply = await api.call("POST", path, data=body, headers={**JSON_TYPE, **headers_of("github", body)})
    assert reply.status == 202


async def test_a_header_that_comes_twice_is_401(api: Api) -> None:
    path = await signed(api, "hmac")
    good = headers_of("hmac")["X-Acme"]
    pairs = [("Content-Type", "application/json"), ("X-Acme", good), ("X-Acme", good)]
    assert (await api.call("POST", path, data=BODY, headers=pairs)).status == 401


async def test_a_secret_is_replaced_while_both_are_in_use(api: Api) -> None:
    await secret(api, "OLD", "sesame")
    await secret(api, "NEW", "poppy")
    path = await hook(api, trigger={"signature": {"type": "bearer", "secrets": ["NEW", "OLD"]}})
    for key, status in (("sesame", 202), ("poppy", 202), ("other", 401)):
        assert (await api.post(path, {}, headers=headers_of("bearer", key=key))).status == status


async def test_credentials_stay_out_of_the_run(api: Api) -> None:
    path = await signed(api, "basic")
    reply = await api.call("POST", path, data=BODY, headers={**JSON_TYPE, **headers_of("basic")})
    run = await api.get(f"/api/v1/runs/{reply.json['run_id']}")
    assert "authorization" not in run.text.lower()


async def test_an_unknown_key_asks_for_no_signature(api: Api) -> None:
    reply = await api.call("POST", "/hooks/unknown", data=BODY, headers=headers_of("bearer"))
    assert (reply.status, reply.headers.get("WWW-Authenticate")) == (404, None)
