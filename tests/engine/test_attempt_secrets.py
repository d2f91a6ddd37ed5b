"""Secrets of attempts: there when they begin, where they may go and nowhere else, told to the audit log, and masked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from holdfast.engine.secret_drafts import SecretDraft
from holdfast.model.errors import Invalid
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Emit, ErrorInfo, Failed, Outcome, Succeeded
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import TENANT, World, world

VALUE = "s3cr3t/välue+1"
LABEL = "‹secret KEY›"
SCHEMA: JSONObject = {
    "type": "object",
    "properties": {
        "open": {},
        "closed": {"x-holdfast-secret": True, "not": {"const": "forbidden"}},
        "deep": {"type": "object", "properties": {"inner": {"x-holdfast-secret": True}}},
    },
}


class Asked:
    """A kind that keeps what it was given, and answers as it is told."""

    def __init__(self, answer: Callable[[NodeContext, JSONObject], Outcome] | None = None) -> None:
        self.given: list[JSONObject] = []
        self._answer = answer

    async def __call__(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.given.append(params)
        return Succeeded(params) if self._answer is None else self._answer(context, params)


class Uses:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def secret_used(self, tenant: str, secret: str, by: str) -> None:
        self.told.append((tenant, secret, by))


@asynccontextmanager
async def going(asked: Asked, *, url: str = "memory:", inline: bool = False) -> AsyncIterator[World]:
    async with world(Kind("own", asked, SCHEMA, inline=inline), url=url) as w:
        w.go()
        w.work()
        await w.secrets.put(TENANT, "KEY", VALUE)
        yield w


async def node_ended(w: World, params: JSONObject) -> Any:
    """The only node of a run, once that has ended."""
    await w.save(nodes=[{"id": "a", "type": "own", "params": params, "retry": {"max_attempts": 3}}])
    run = await w.run_ended(await w.start({"part": "live"}))
    return (run.nodes or {})["a"]


async def test_a_value_stands_in_the_params_and_nowhere_else(store_url: str) -> None:
    asked = Asked()
    async with going(asked, url=store_url) as w:
        text = "{{ input.part == 'live' ? 'Bearer ' + secrets.KEY : secrets.OTHER }}"
        await w.secrets.put(TENANT, "OTHER", "another value")
        node = await node_ended(w, {"closed": [{"a": text}], "deep": {"inner": "{{ secrets.KEY }}"}, "open": "kept"})
        assert asked.given == [{"closed": [{"a": f"Bearer {VALUE}"}], "deep": {"inner": VALUE}, "open": "kept"}]
        assert node.output == {"closed": [{"a": f"Bearer {LABEL}"}], "deep": {"inner": LABEL}, "open": "kept"}


async def test_a_text_of_the_run_is_never_read_as_the_name_of_a_secret(store_url: str) -> None:
    asked = Asked()
    async with going(asked, url=store_url) as w:
        await w.save(nodes=[{"id": "a", "type": "own", "params": {"closed": "{{ input.text }} {{ secrets.KEY }}"}}])
        await w.run_ended(await w.start({"text": "{{ secrets.KEY }}"}))
        assert asked.given == [{"closed": f"{{{{ secrets.KEY }}}} {VALUE}"}]


async def test_a_kind_that_takes_secrets_is_not_stepped_in_place() -> None:
    asked = Asked()
    async with going(asked, inline=True) as w:
        assert (await node_ended(w, {"closed": "{{ secrets.KEY }}"})).output == {"closed": LABEL}


@pytest.mark.parametrize(
    "payload", [{"closed": "Bearer {{ secrets.KEY }}"}, {"closed": {"a": ["x", "Bearer {{secrets.KEY}}"]}}]
)
async def test_the_payload_of_a_lone_job_names_secrets_too(payload: JSON, store_url: str) -> None:
    asked = Asked()
    async with going(asked, url=store_url) as w:
        job = await w.ended(await w.insert("own", payload))
        assert f"Bearer {VALUE}" in json.dumps(asked.given, ensure_ascii=False)
        assert f"Bearer {LABEL}" in json.dumps(job.result, ensure_ascii=False)
        assert job.payload == payload


@pytest.mark.parametrize(("payload", "path", "message"), [
    ({"open": "{{ secrets.KEY }}"}, "payload.open", "it may stand only in payload.closed, payload.deep.inner"),
    ({"deep": {"x": ["{{ secrets.KEY }}"]}}, "payload.deep.x[0]", "it may stand only in"),
    ({"closed": "{{ size(secrets.KEY) }}"}, "payload.closed", "a payload takes no other expressions"),
    ({"closed": "{{ secrets }}"}, "payload.closed", "write {{ secrets.NAME }}"),
    ("{{ secrets.KEY }}", "payload", "a secret can't stand here"),
])  # fmt: skip
async def test_a_lone_job_that_names_one_elsewhere_is_refused(payload: JSON, path: str, message: str) -> None:
    async with going(Asked()) as w:
        with pytest.raises(Invalid) as refused:
            await w.insert("own", payload)
        (problem,) = refused.value.problems
        assert problem.path == path
        assert message in problem.message


async def test_what_is_missing_ends_it_for_good_and_is_named() -> None:
    asked = Asked()
    async with going(asked) as w:
        node = await node_ended(w, {"closed": "{{ secrets.KEY }}{{ secrets.MISSING }}"})
        assert (node.state, node.attempts, asked.given) == ("FAILED", 1, [])
        sentence = "there is no secret MISSING; set it with `holdfast secrets set MISSING`"
        assert node.error == {"type": "secret", "message": sentence}


async def test_another_tenants_secret_is_missing() -> None:
    asked = Asked()
    async with going(asked) as w:
        await w.secrets.put("another", "THEIRS", VALUE)
        node = await node_ended(w, {"closed": "{{ secrets.THEIRS }}"})
        assert "there is no secret THEIRS" in node.error["message"]


@pytest.mark.parametrize(("kinds", "good"), [(("own",), True), (("o*", "x"), True), (("other",), False)])
async def test_a_secret_goes_into_its_kinds_alone(kinds: tuple[str, ...], good: bool) -> None:
    asked = Asked()
    async with going(asked) as w:
        await w.secrets.put(TENANT, "KEY", SecretDraft(VALUE, kinds=kinds))
        node = await node_ended(w, {"closed": "{{ secrets.KEY }}"})
        assert (node.error is None) is good
        assert len(asked.given) == good
        if not good:
            assert node.error["message"] == "the secret KEY may not go into own, only into other"


@pytest.mark.parametrize(("host", "carried", "good"), [
    ("api.example.com", {"a": [VALUE]}, True),
    ("a.b.example.org", {"a": f"x{VALUE}y"}, True),
    ("example.org", {"a": VALUE}, False),
    ("api.example.com.evil.example", {"a": VALUE}, False),
    ("", {VALUE: "a key"}, False),
    ("elsewhere.example", {"a": "nothing of it"}, True),
    ("elsewhere.example", None, False),
])  # fmt: skip
async def test_a_secret_goes_to_its_hosts_alone(host: str, carried: JSON, good: bool) -> None:
    def send(context: NodeContext, params: JSONObject) -> Outcome:
        context.check_host(host, carried)
        return Succeeded("sent")

    asked = Asked(send)
    async with going(asked) as w:
        draft = SecretDraft(VALUE, hosts=("api.example.com", "*.example.org"))
        await w.secrets.put(TENANT, "KEY", draft)
        node = await node_ended(w, {"closed": "{{ secrets.KEY }}"})
        assert node.output == ("sent" if good else None)
        if not good:
            assert node.error["type"] == "secret"
            assert node.attempts == 1


async def test_whoever_changes_in_the_store_where_it_may_go_has_nothing_that_opens() -> None:
    asked = Asked()
    async with going(asked) as w:
        kept = await w.secrets.put(TENANT, "KEY", SecretDraft(VALUE, hosts=("api.example.com",)))
        freed = type(kept)(kept.id, TENANT, "KEY", kept.sealed, kept.created_at, kept.updated_at)
        await w.real.put_secret(freed, w.clock.now())
        node = await node_ended(w, {"closed": "{{ secrets.KEY }}"})
        assert "the secret KEY was changed in the store" in node.error["message"]
        assert asked.given == []


async def test_each_use_is_told() -> None:
    asked, uses = Asked(), Uses()
    async with going(asked) as w:
        w.secrets._uses = uses
        await node_ended(w, {"closed": "{{ secrets.KEY }}{{ secrets.KEY }}"})
        await w.ended(await w.insert("own", {"closed": "{{ secrets.KEY }}"}))
        await w.ended(await w.insert("own", {"closed": "no secret"}))
        assert uses.told == [(TENANT, "KEY", "workflow flow"), (TENANT, "KEY", "job own")]


async def test_a_new_value_counts_for_the_next_attempt() -> None:
    asked = Asked()
    async with going(asked) as w:
        for value in ("first value", "second value"):
            await w.secrets.put(TENANT, "KEY", value)
            await w.ended(await w.insert("own", {"closed": "{{ secrets.KEY }}"}))
        assert asked.given == [{"closed": "first value"}, {"closed": "second value"}]


async def test_a_store_that_is_away_costs_no_attempt() -> None:
    asked = Asked()
    async with going(asked) as w:
        w.faults.lose("get_secrets")
        job_id = await w.insert("own", {"closed": "{{ secrets.KEY }}"})
        await w.reaches(job_id, "SCHEDULED")
        w.clock.move(10_000_000)
        job = await w.ended(job_id)
        assert job.state == "SUCCEEDED"
        assert asked.given == [{"closed": VALUE}]


async def test_params_that_break_the_schema_with_the_value_are_refused() -> None:
    asked = Asked()
    async with going(asked) as w:
        await w.secrets.put(TENANT, "KEY", "forbidden")
        node = await node_ended(w, {"closed": "{{ secrets.KEY }}"})
        assert node.error["type"] == "params"
        assert "forbidden" not in str(node.error)
        assert "(the secret KEY stands there)" in node.error["message"]


@pytest.mark.parametrize("outcome", [
    Failed(ErrorInfo("Broken", f"it was {VALUE}", {VALUE: [VALUE]}, f"at {VALUE}"), final=True),
    Succeeded({VALUE: VALUE}, emits=(Emit("told.it", {"a": VALUE}, subject=VALUE),)),
])  # fmt: skip
async def test_nothing_of_an_outcome_keeps_a_value(outcome: Outcome, store_url: str) -> None:
    asked = Asked(lambda context, params: outcome)
    async with going(asked, url=store_url) as w:
        job = await w.ended(await w.insert("own", {"closed": "{{ secrets.KEY }}"}))
        attempts = await w.attempts(job.id)
        events = await w.real.list_events(TENANT, None)
        told = repr((job, attempts, events))
        assert VALUE not in told
        assert LABEL in told


async def test_what_is_raised_is_masked_before_it_is_cut() -> None:
    def raises(context: NodeContext, params: JSONObject) -> Outcome:
        raise ValueError("x" * 1_995 + VALUE)

    async with going(Asked(raises)) as w:
        await w.save(nodes=[{"id": "a", "type": "own", "params": {"closed": "{{ secrets.KEY }}"}}])
        run = await w.run_ended(await w.start())
        error: Any = (run.nodes or {})["a"].error
        assert VALUE[:5] not in error["message"]


async def test_a_large_result_is_masked_too() -> None:
    asked = Asked(lambda context, params: Succeeded({"lines": [f"{number}: {VALUE}" for number in range(20_000)]}))
    async with going(asked) as w:
        job: Any = await w.ended(await w.insert("own", {"closed": "{{ secrets.KEY }}"}))
        assert job.result["lines"] == [f"{number}: {LABEL}" for number in range(20_000)]
