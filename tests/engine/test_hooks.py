"""Webhooks inside the engine: what a delivery starts, what a repeat of it meets, what is recorded, what is refused."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from hmac import digest
from typing import Any

import pytest

from holdfast.engine.hook_values import TooMany
from holdfast.engine.hooks import says_unsigned
from holdfast.model.errors import Conflict, Invalid, NotFound, Unavailable
from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.signatures import Message, Untrusted
from holdfast.model.trigger import FiringFilter, FiringRecord
from tests.engine.hooking import NODE, deliver, delivery, hooked, run_of, status_of
from tests.engine.world import TENANT, World, world

WITH_EMAIL: JSONObject = {
    "type": "object",
    "required": ["email"],
    "properties": {"email": {"type": "string"}, "score": {"type": "integer", "default": 7}},
}
SIGNED: JSONObject = {"signature": {"type": "hmac", "secret": "MINE"}}


def paths(error: Invalid) -> list[str]:
    return [problem.path for problem in error.problems]


async def firings(w: World, **wanted: Any) -> tuple[FiringRecord, ...]:
    return (await w.real.list_firings(TENANT, FiringFilter(**wanted), None, 500)).items


# -- what starts -----------------------------------------------------------------------------------------------------


async def test_a_delivery_becomes_a_run_of_its_body(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w)
        taken = await deliver(w, key, {"a": 1}, page="2")
        run = await w.run(run_of(taken))
        assert (run.input, run.correlation_id, status_of(taken)) == ({"a": 1}, "request-9", 202)
        told = {name: run.trigger[name] for name in ("type", "id", "method", "path", "rest", "query", "body")}
        assert told == {
            "type": "webhook", "id": "hook", "method": "POST", "path": "/hooks/x/a", "rest": "/a",
            "query": {"page": "2"}, "body": {"a": 1},
        }  # fmt: skip
        assert (await w.run(run_of(await deliver(w, key, [1])))).input == {}


async def test_the_firing_of_a_delivery_commits_with_its_run(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w)
        taken = await deliver(w, key, {"a": 1}, headers={"webhook-id": "d-1"})
        (record,) = await firings(w)
        assert (record.run_id, record.firing.verdict, record.firing.delivery_id) == (run_of(taken), "started", "d-1")
        assert (record.firing.type, record.firing.trigger_id, record.firing.hops) == ("webhook", "hook", 0)
        kept = (await w.real.get_firing(TENANT, record.firing.id)).firing.trigger
        assert kept is not None
        assert kept["body"] == {"a": 1}


async def test_a_repeated_delivery_is_the_same_run_and_another_body_a_conflict(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w)
        named = {"webhook-id": "id-1"}
        first = await deliver(w, key, {"a": 1}, headers=named)
        again = await deliver(w, key, {"a": 1}, headers=named)
        assert (run_of(again), status_of(again)) == (run_of(first), 200)
        with pytest.raises(Conflict, match="another body"):
            await deliver(w, key, {"a": 2}, headers=named)
        assert run_of(await deliver(w, key, {"a": 1}, headers={"webhook-id": "id-2"})) != run_of(first)
        w.clock.move(7 * DAY - MINUTE)
        assert run_of(await deliver(w, key, {"a": 1}, headers=named)) == run_of(first)
        assert len(await firings(w)) == 2


async def test_concurrent_repeats_make_one_run_and_one_firing(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w)
        many = await asyncio.gather(*(deliver(w, key, {}, headers={"webhook-id": "same"}) for _ in range(20)))
        assert len({run_of(taken) for taken in many}) == 1
        assert sorted(status_of(taken) for taken in many) == [200] * 19 + [202]
        assert len(await firings(w)) == 1


async def test_a_lost_answer_of_the_commit_starts_nothing_twice() -> None:
    async with world() as w:
        key = await hooked(w)
        w.faults.lose_answer("start_runs", 1)
        taken = await deliver(w, key, {"a": 1})
        assert [run.id for run in (await w.real.list_runs(TENANT, "flow", None, w.clock.now(), None, 9)).items] == [
            run_of(taken)
        ]
        assert len(await firings(w)) == 1


async def test_an_address_survives_saves_and_ids_are_remembered_over_them() -> None:
    async with world() as w:
        key = await hooked(w)
        first = await deliver(w, key, {}, headers={"webhook-id": "d"})
        triggers: list[JSON] = [{"id": "hook", "type": "webhook"}, {"id": "second", "type": "webhook"}]
        document: JSONObject = {"holdfast": 1, "name": "renamed", "triggers": triggers, "nodes": NODE}
        saved = await w.workflows.save(TENANT, "flow", document)
        assert saved.hooks["hook"] == key
        assert run_of(await deliver(w, key, {}, headers={"webhook-id": "d"})) == run_of(first)
        run = await w.run(run_of(await deliver(w, key)))
        assert (run.workflow, run.version) == ("renamed", 2)


async def test_one_id_at_two_triggers_is_two_deliveries() -> None:
    async with world() as w:
        triggers: list[JSON] = [{"id": "a", "type": "webhook"}, {"id": "b", "type": "webhook"}]
        hooks = await w.save(triggers=triggers, nodes=NODE)
        runs = {run_of(await deliver(w, str(hooks[name]), {}, headers={"webhook-id": "d"})) for name in "ab"}
        assert len(runs) == 2


# -- who is let in ---------------------------------------------------------------------------------------------------


async def test_unknown_paused_and_switched_off_addresses_cant_be_told_apart(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w)
        hook = await w.hooks.find(key)
        messages = set()

        async def refused(address: str) -> None:
            with pytest.raises(NotFound) as caught:
                await w.hooks.find(address)
            messages.add(str(caught.value))

        await refused("unknown")
        await w.real.pause_trigger(TENANT, hook.record.row, True, w.clock.now())
        await refused(key)
        await w.real.pause_trigger(TENANT, hook.record.row, False, w.clock.now())
        await w.hooks.find(key)
        await w.workflows.enable(TENANT, "flow", False)
        await refused(key)
        await w.workflows.enable(TENANT, "flow", True)
        await w.workflows.save(TENANT, "flow", {"holdfast": 1, "name": "flow", "nodes": NODE})
        await refused(key)
        await w.workflows.delete(TENANT, "flow")
        await refused(key)
        assert len(messages) == 1


def signed(body: JSON, secret: str = "sesame") -> dict[str, str]:
    return {"X-Signature": digest(secret.encode(), json.dumps(body).encode(), "sha256").hex()}


async def test_a_signature_is_asked_of_the_secret_as_it_is_now(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w, trigger=SIGNED)
        with pytest.raises(Untrusted) as missing:
            await deliver(w, key, {"a": 1}, headers=signed({"a": 1}))
        assert ("MINE" in missing.value.reason, "MINE" in str(missing.value)) == (True, False)
        await w.secrets.put(TENANT, "MINE", "sesame")
        await deliver(w, key, {"a": 1}, headers=signed({"a": 1}))
        await w.secrets.put(TENANT, "MINE", "another")
        with pytest.raises(Untrusted, match="doesn't match"):
            await deliver(w, key, {"a": 1}, headers=signed({"a": 1}))
        await w.secrets.delete(TENANT, "MINE")
        with pytest.raises(Untrusted, match="can't be checked"):
            await deliver(w, key, {"a": 1}, headers=signed({"a": 1}, "another"))


async def test_the_secret_of_another_tenant_opens_nothing() -> None:
    async with world() as w:
        key = await hooked(w, trigger=SIGNED)
        await w.secrets.put("other", "MINE", "sesame")
        with pytest.raises(Untrusted, match="can't be checked"):
            await deliver(w, key, {}, headers=signed({}))


async def test_a_secret_that_cant_be_opened_refuses_and_takes_no_other_with_it() -> None:
    async with world() as w:
        both: JSONObject = {"signature": {"type": "hmac", "secrets": ["OLD", "NEW"]}}
        key = await hooked(w, trigger=both)
        for name in ("OLD", "NEW"):
            await w.secrets.put(TENANT, name, "sesame")
        kept = (await w.real.get_secrets(TENANT, ["OLD"]))["OLD"]
        broken = type(kept)(kept.id, TENANT, "OLD", b"broken", kept.created_at, w.clock.now())
        await w.real.put_secret(broken, w.clock.now())
        await deliver(w, key, {}, headers=signed({}))
        await w.secrets.delete(TENANT, "NEW")
        with pytest.raises(Untrusted, match="can't be checked"):
            await deliver(w, key, {}, headers=signed({}))


async def test_a_signature_that_cant_be_read_any_more_is_no_open_door() -> None:
    async with world() as w:
        hook = await w.hooks.find(await hooked(w))
        assert hook.unsigned
        with pytest.raises(Untrusted, match="can't be checked"):
            await w.hooks.admit(replace(hook, unsigned=False), Message([], b""))


@pytest.mark.parametrize(("said", "unsigned"), [
    (None, True), ("none", True), ({"type": "none"}, True), ({"type": "rot13"}, False), ({}, False), ("hmac", False),
    ([], False), (False, False), ("", False),
])  # fmt: skip
def test_only_a_definition_that_asks_for_no_signature_is_unsigned(said: JSON, unsigned: bool) -> None:
    assert says_unsigned({"type": "webhook", "signature": said}) is unsigned


# -- what names a delivery -------------------------------------------------------------------------------------------


async def test_a_replayed_signature_without_an_id_is_the_same_run() -> None:
    async with world() as w:
        key = await hooked(w, trigger=SIGNED)
        await w.secrets.put(TENANT, "MINE", "sesame")
        first = await deliver(w, key, {"a": 1}, headers=signed({"a": 1}))
        again = await deliver(w, key, {"a": 1}, headers=signed({"a": 1}))
        assert (run_of(again), status_of(again)) == (run_of(first), 200)
        assert run_of(await deliver(w, key, {"a": 2}, headers=signed({"a": 2}))) != run_of(first)


async def test_an_id_that_nobody_signed_names_no_delivery_of_a_kind_that_signs_its_own() -> None:
    async with world() as w:
        key = await hooked(w, trigger={"signature": {"type": "standard", "secret": "MINE"}})
        await w.secrets.put(TENANT, "MINE", "whsec_" + b64encode(b"sesame").decode())
        at = str(w.clock.now() // SECOND)
        value = b64encode(digest(b"sesame", f"m-1.{at}.{{}}".encode(), "sha256")).decode()
        sent = {"webhook-id": "m-1", "webhook-timestamp": at, "webhook-signature": f"v1,{value}"}
        first = await deliver(w, key, {}, headers=sent)
        again = await deliver(w, key, {}, headers={**sent, "Idempotency-Key": "another"})
        assert run_of(again) == run_of(first)
        assert (await firings(w))[0].firing.delivery_id == "m-1"


@pytest.mark.parametrize(("kind", "body", "delivery_id"), [
    ("stripe", {"id": "evt_1"}, "evt_1"), ("stripe", {"id": 7}, None),
    ("slack", {"event_id": "Ev1", "trigger_id": "t"}, "Ev1"), ("slack", {"trigger_id": "1.2"}, "1.2"),
    ("slack", {"type": "url_verification"}, None), ("stripe", [], None),
])  # fmt: skip
async def test_ids_inside_of_signed_bodies(kind: str, body: JSON, delivery_id: str | None) -> None:
    async with world() as w:
        key = await hooked(w, trigger={"signature": {"type": kind, "secret": "MINE"}})
        await w.secrets.put(TENANT, "MINE", "sesame")
        at, raw = str(w.clock.now() // SECOND), json.dumps(body)
        text = f"{at}.{raw}" if kind == "stripe" else f"v0:{at}:{raw}"
        value = digest(b"sesame", text.encode(), "sha256").hex()
        sent = (
            {"Stripe-Signature": f"t={at},v1={value}"}
            if kind == "stripe"
            else {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={value}"}
        )
        await deliver(w, key, body, headers={**sent, "Idempotency-Key": "mine"})
        found = (await firings(w))[0].firing.delivery_id
        assert found == (delivery_id or f"signed:{sha256(text.encode()).hexdigest()}")


async def test_githubs_delivery_id() -> None:
    async with world() as w:
        key = await hooked(w, trigger={"signature": {"type": "github", "secret": "MINE"}})
        await w.secrets.put(TENANT, "MINE", "sesame")
        value = {"X-Hub-Signature-256": "sha256=" + digest(b"sesame", b"{}", "sha256").hex()}
        await deliver(w, key, {}, headers={**value, "X-GitHub-Delivery": "g-1", "Idempotency-Key": "mine"})
        assert (await firings(w))[0].firing.delivery_id == "g-1"


async def test_a_dedupe_expression_names_the_delivery() -> None:
    async with world() as w:
        key = await hooked(w, trigger={"dedupe": "trigger.body.order"})
        first = await deliver(w, key, {"order": 7}, headers={"webhook-id": "a"})
        assert run_of(await deliver(w, key, {"order": 7}, headers={"webhook-id": "b"})) == run_of(first)
        with pytest.raises(Conflict):
            await deliver(w, key, {"order": 7, "more": 1})
        assert (await firings(w))[0].firing.delivery_id == "7"
        named = await deliver(w, key, {"order": None}, headers={"webhook-id": "c"})
        assert run_of(await deliver(w, key, {"order": None}, headers={"webhook-id": "c"})) == run_of(named)
        undecided: list[JSON] = [{}, {"order": [1]}, {"order": True}]
        for body in undecided:
            with pytest.raises(Invalid) as caught:
                await deliver(w, key, body)
            assert paths(caught.value) == ["triggers.hook.dedupe"]


async def test_ids_that_are_long_or_odd_stand_by_their_hash() -> None:
    async with world() as w:
        key = await hooked(w, trigger={"dedupe": "trigger.body.id"})
        for odd in ("x" * 256, "é", "a\nb"):
            first = await deliver(w, key, {"id": odd})
            assert run_of(await deliver(w, key, {"id": odd})) == run_of(first)
        assert all(str(record.firing.delivery_id).startswith("sha256:") for record in await firings(w))


# -- bounds ----------------------------------------------------------------------------------------------------------


async def test_a_rate_bounds_each_trigger_by_itself() -> None:
    async with world() as w:
        key = await hooked(w, trigger={"rate": "2/1h"})
        for _ in range(2):
            await deliver(w, key, {})
        with pytest.raises(TooMany) as caught:
            await deliver(w, key, {})
        assert 29 * MINUTE < caught.value.wait <= 30 * MINUTE
        w.clock.move(30 * MINUTE)
        await deliver(w, key, {})
        with pytest.raises(TooMany):
            await deliver(w, key, {})


async def test_who_isnt_let_in_uses_up_no_rate() -> None:
    async with world() as w:
        key = await hooked(w, trigger={**SIGNED, "rate": "1/1h"})
        await w.secrets.put(TENANT, "MINE", "sesame")
        for _ in range(3):
            with pytest.raises(Untrusted):
                await deliver(w, key, {}, headers=signed({}, "wrong"))
        await deliver(w, key, {}, headers=signed({}))


# -- input -----------------------------------------------------------------------------------------------------------


async def test_a_deliverys_input_is_checked() -> None:
    async with world() as w:
        key = await hooked(w, input=WITH_EMAIL)
        with pytest.raises(Invalid) as caught:
            await deliver(w, key, {"mail": "x"})
        assert paths(caught.value) == ["input.email"]
        assert w.faults.calls["start_runs"] == 0
        assert not await firings(w)


async def test_a_triggers_template_makes_the_input_and_its_error_is_told() -> None:
    async with world() as w:
        template: JSONObject = {"input": {"n": "{{ trigger.body.n }}", "who": "{{ trigger.query.who }}"}}
        key = await hooked(w, trigger=template)
        taken = await deliver(w, key, {"n": 5}, who="ada")
        assert (await w.run(run_of(taken))).input == {"n": 5, "who": "ada"}
        with pytest.raises(Invalid) as caught:
            await deliver(w, key, {})
        assert paths(caught.value)[0].startswith("triggers.hook.input")


@pytest.mark.parametrize("body", [{"n": "\0"}, {"n": 1 << 64}, {"n": float("inf")}, {"n": "\ud800"}])
async def test_what_a_store_cant_keep_is_refused_also_outside_of_the_input(body: JSON) -> None:
    """The template reads none of it, but the run keeps what its trigger was given."""
    async with world() as w:
        key = await hooked(w, trigger={"input": {"fixed": True}})
        admitted = await w.hooks.admit(await w.hooks.find(key), Message([], b""))
        with pytest.raises(Invalid) as caught:
            await w.hooks.accept(admitted, delivery(body), "c")
        assert paths(caught.value) == ["trigger.body.n"]


async def test_a_store_that_is_away_is_told_and_nothing_is_recorded() -> None:
    async with world() as w:
        key = await hooked(w)
        w.faults.away = True
        with pytest.raises(Unavailable):
            await w.hooks.find(key)
        w.faults.away = False
        await deliver(w, key, {})
