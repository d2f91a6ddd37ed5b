"""One attempt: whatever a handler does, an outcome comes of it that can be kept, and only cancellation travels on."""

import asyncio
import sys
from dataclasses import replace
from typing import Any, cast

import pytest

from holdfast.engine.executor import Executor
from holdfast.engine.graphs import Graphs
from holdfast.model.graph import Graph
from holdfast.model.instant import MILLISECOND
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Emit, ErrorInfo, Failed, Outcome, Snoozed, Succeeded, Suspended
from holdfast.model.records import Mail, RunContext
from holdfast.model.spawn import Spawn
from holdfast.model.validate import load_workflow
from holdfast.model.wait import Wait
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from holdfast.system import SystemClock
from tests.engine.claims import NOW, claimed
from tests.engine.kinds import Handler, Kind, Kinds


class NoMail:
    """The executor's tests send none."""

    async def send(self, mail: Mail, cc: object, bcc: object, attachments: object) -> str:
        raise ConnectionError("no mail here")


def executor(*own: Kind) -> Executor:
    kinds = Kinds(NoMail(), *own)
    graphs = Graphs(lambda definition: Graph.of(load_workflow(definition, kinds.specs)))
    return Executor(kinds, graphs, JsonSchemas(), SystemClock())


async def outcome_of(handler: Handler, payload: JSON = None, *, inline: bool = False) -> Outcome:
    """What one attempt of ``handler`` comes to, both ways to run it."""
    job = claimed(kind="own", payload=payload)
    if inline:
        return executor(Kind("own", handler, inline=True)).attempt_inline(job, None)
    return await executor(Kind("own", handler)).attempt(job, None)


def gives(value: object) -> Handler:
    async def handler(context: NodeContext, params: JSONObject) -> Outcome:
        return cast(Outcome, value)

    return handler


def raises(error: BaseException) -> Handler:
    async def handler(context: NodeContext, params: JSONObject) -> Outcome:
        raise error

    return handler


def without_traceback(outcome: Outcome) -> Outcome:
    """The failure without the places where it was raised, which it must have."""
    assert isinstance(outcome, Failed)
    assert __file__ in (outcome.error.traceback or "")
    return replace(outcome, error=replace(outcome.error, traceback=None))


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.fixture(params=[False, True], ids=["task", "inline"])
def inline(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def test_a_handler_gets_its_params_and_who_it_is(inline: bool) -> None:
    async def handler(context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded([context.job_id, context.idempotency_key, context.attempt, params])

    assert await outcome_of(handler, {"a": 1}, inline=inline) == Succeeded(["job-1", "job-1", 1, {"a": 1}])


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ValueError("no such thing"), "ValueError", "no such thing"),
        (KeyError(), "KeyError", "no message"),
        (TimeoutError("theirs"), "TimeoutError", "theirs"),
        (Unspeakable(), "Unspeakable", "its message can't be shown"),
        (ValueError("nul \0 and \ud800"), "ValueError", "nul \\x00 and \\ud800"),
        (ValueError("x" * 5_000), "ValueError", "x" * 2_000),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
async def test_what_a_handler_raises_is_a_failure_that_may_be_retried(
    error: Exception, kind: str, message: str, inline: bool
) -> None:
    outcome = await outcome_of(raises(error), inline=inline)
    assert without_traceback(outcome) == Failed(ErrorInfo(kind, message))


async def test_a_handler_cant_end_the_worker(inline: bool) -> None:
    async def leaves(context: NodeContext, params: JSONObject) -> Outcome:
        sys.exit(3)

    async def interrupts(context: NodeContext, params: JSONObject) -> Outcome:
        raise KeyboardInterrupt("mine")

    assert without_traceback(await outcome_of(leaves, inline=inline)) == Failed(ErrorInfo("SystemExit", "3"))
    assert without_traceback(await outcome_of(interrupts, inline=inline)) == Failed(
        ErrorInfo("KeyboardInterrupt", "mine")
    )


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (float("nan"), "result: is not a finite number"),
        ({"deep": [float("inf")]}, "result.deep[0]: is not a finite number"),
        (1 << 63, "result: is an integer outside 64 bits; send it as a string"),
        ({"text": "a\0b"}, "result.text: contains NUL"),
        ("\udfff", "result: contains a lone surrogate"),
        ({1, 2}, "result: is not JSON but set"),
        ({1: "one"}, "result: key is not text but int"),
    ],
)
async def test_a_result_that_isnt_portable_json_is_final(result: Any, message: str, inline: bool) -> None:
    assert await outcome_of(gives(Succeeded(result)), inline=inline) == Failed(ErrorInfo("result", message), final=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "the handler gave no outcome but NoneType"),
        ({"status": 200}, "the handler gave no outcome but dict"),
        (Snoozed(-1), "until: lies outside the years 1970 to 9999"),
        (Snoozed(1 << 70), "until: lies outside the years 1970 to 9999"),
        (Snoozed(cast(int, "5")), "until: lies outside the years 1970 to 9999"),
        (Failed(ErrorInfo("own", "a\0b")), "error.message: contains NUL"),
        (Failed(ErrorInfo("own", "b", traceback="a\0b")), "error.traceback: contains NUL"),
        (Failed(ErrorInfo("own", "b"), retry_after=-1), "retry_after: must be microseconds, from none to 3650d"),
        (Failed(ErrorInfo("own", "b"), retry_after=1 << 62), "retry_after: must be microseconds, from none to 3650d"),
        (
            Failed(ErrorInfo("own", "b"), retry_after=cast(int, "5")),
            "retry_after: must be microseconds, from none to 3650d",
        ),
        (Failed(cast(ErrorInfo, "no")), "the outcome can't be read: 'str' object has no attribute 'as_record'"),
        (Failed(ErrorInfo("own", "text", {"at": cast(JSON, NOW.__class__)})), "error.at: is not JSON but type"),
    ],
)
async def test_what_is_no_outcome_is_final(given: object, message: str, inline: bool) -> None:
    assert await outcome_of(gives(given), inline=inline) == Failed(ErrorInfo("result", message), final=True)


async def test_an_attempt_ends_at_its_timeout() -> None:
    async def sleepy(context: NodeContext, params: JSONObject) -> Outcome:
        await asyncio.Event().wait()
        return Succeeded()

    job = claimed(kind="own")._replace(timeout=20 * MILLISECOND)
    outcome = await executor(Kind("own", sleepy)).attempt(job, None)
    assert without_traceback(outcome) == Failed(ErrorInfo("timeout", "the attempt ran longer than 20ms"))
    assert isinstance(outcome, Failed)
    assert "await asyncio.Event().wait()" in (outcome.error.traceback or ""), "it says where the handler was"


async def test_an_attempt_ends_at_its_jobs_deadline() -> None:
    async def sleepy(context: NodeContext, params: JSONObject) -> Outcome:
        await asyncio.Event().wait()
        return Succeeded()

    deadline = SystemClock().now() + 20 * MILLISECOND
    outcome = await executor(Kind("own", sleepy)).attempt(claimed(kind="own")._replace(deadline_at=deadline), None)
    assert without_traceback(outcome) == Failed(ErrorInfo("deadline", "the job's deadline passed while it ran"))


async def test_cancellation_travels_on() -> None:
    began = asyncio.Event()

    async def waits(context: NodeContext, params: JSONObject) -> Outcome:
        began.set()
        await asyncio.Event().wait()
        return Succeeded()

    attempt = asyncio.create_task(outcome_of(waits))
    await began.wait()
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt


async def test_a_handler_that_is_wrongly_marked_inline_is_told() -> None:
    async def waits(context: NodeContext, params: JSONObject) -> Outcome:
        await asyncio.sleep(0)
        return Succeeded()

    outcome = await outcome_of(waits, inline=True)
    assert isinstance(outcome, Failed)
    assert "marked inline but waited" in outcome.error.message


async def test_a_kind_that_this_worker_doesnt_know() -> None:
    outcome = await executor().attempt(claimed(kind="elsewhere"), None)
    assert outcome == Failed(ErrorInfo("unknown_kind", "this worker doesn't know the kind elsewhere"))


async def test_params_that_break_the_schema_are_final_and_name_the_field(inline: bool) -> None:
    own = Kind("own", gives(Succeeded()), {"type": "object", "required": ["to"]}, inline=inline)
    job = claimed(kind="own", payload={"from": "here"})
    run = executor(own)
    outcome = run.attempt_inline(job, None) if inline else await run.attempt(job, None)
    assert outcome == Failed(ErrorInfo("params", "to: is required"), final=True)


async def test_params_that_are_no_object_are_final() -> None:
    own = Kind("own", gives(Succeeded()), {"description": "anything"})
    outcome = await executor(own).attempt(claimed(kind="own", payload=[1]), None)
    assert outcome == Failed(ErrorInfo("params", "params must be an object"), final=True)


# -- nodes of runs ----------------------------------------------------------------------------------------------------

DOCUMENT: JSONObject = {
    "holdfast": 1,
    "name": "sample",
    "vars": {"limit": 10},
    "nodes": [
        {"id": "first", "type": "noop"},
        {"id": "sum", "type": "transform", "params": {"value": "{{ nodes.first.output.n + vars.limit + input.n }}"}},
        {"id": "bad", "type": "transform", "params": {"value": "{{ 1 / input.zero }}"}},
        {"id": "wrong", "type": "delay", "params": {"for": "{{ input.zero }}"}},
    ],
    "edges": [{"from": "first", "to": "sum"}, {"from": "first", "to": "bad"}, {"from": "first", "to": "wrong"}],
}


def node_job(node_id: str, kind: str) -> ClaimedJob:
    return claimed(kind=kind)._replace(run_id="run-1", node_id=node_id, version_id="version-1")


def attempt_node(node_id: str, kind: str, run_input: JSON, version_known: bool = True) -> Outcome:
    kinds = Kinds(NoMail())
    graphs = Graphs(lambda definition: Graph.of(load_workflow(definition, kinds.specs)))
    if version_known:
        graphs.of("version-1", DOCUMENT)
    context = RunContext(
        "run-1", "sample", 1, "version-1", run_input, {"type": "manual"}, "request-1", NOW, {"first": {"n": 1}}
    )
    return Executor(kinds, graphs, JsonSchemas(), SystemClock()).attempt_inline(node_job(node_id, kind), context)


def test_a_nodes_params_are_filled_from_its_run() -> None:
    assert attempt_node("sum", "transform", {"n": 5}) == Succeeded(16)


def test_an_error_in_an_expression_is_final() -> None:
    outcome = attempt_node("bad", "transform", {"zero": 0})
    assert isinstance(outcome, Failed)
    assert outcome.final
    assert outcome.error.type == "expression"
    assert "zero" in outcome.error.message
    assert outcome.error.details["path"] == "params.value"
    assert "input.zero" in str(outcome.error.details["expression"])


def test_filled_params_that_break_the_schema_are_final() -> None:
    outcome = attempt_node("wrong", "delay", {"zero": 0})
    assert isinstance(outcome, Failed)
    assert outcome.final
    assert outcome.error.type == "params"
    assert outcome.error.message.startswith("for: ")


def test_a_graph_that_is_not_loaded_is_a_failure_of_that_attempt() -> None:
    outcome = attempt_node("sum", "transform", {"n": 5}, version_known=False)
    assert isinstance(outcome, Failed)
    assert outcome.error.type == "RuntimeError"


# -- parked ------------------------------------------------------------------------------------------------------------

WAIT = Wait("callback", "call")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Suspended(-1, WAIT), "until: lies outside the years 1970 to 9999"),
        (Suspended(None, WAIT, Spawn("map")), "a node waits or has children, not both"),
        (Suspended(None, Wait("callback", "")), "wait.name: is required"),
        (Suspended(None, Wait("callback", "call", details={"a": "\0"})), "wait[4].a: contains NUL"),
        (Suspended(None, None, Spawn("map", (1, float("nan")))), "items[1]: is not a finite number"),
        (Suspended(None, None, Spawn("map", (1,) * 100_001)), "items: has 100001 members; one node takes at most"),
        (Suspended(None, None, Spawn("loop", max_iterations=-1)), "max_iterations: must be from 0 to 100000"),
        (Suspended(None, None, Spawn("map", closure={"input": 1 << 70})), "closure.input: is an integer outside"),
        (Succeeded(1, emits=(Emit("job.done", {}),)), "emits: type: may not begin with job., which only"),
        (Succeeded(1, emits=(Emit("a", {}), Emit("b", {"x": "\0"}))), "emits: data.x: contains NUL"),
    ],
)  # fmt: skip
async def test_what_cant_be_parked_or_told_is_final(given: Outcome, message: str, inline: bool) -> None:
    job = claimed(kind="own")._replace(run_id="run-1")
    run = executor(Kind("own", gives(given), inline=inline))
    outcome = run.attempt_inline(job, None) if inline else await run.attempt(job, None)
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("result", True)
    assert outcome.error.message.startswith(message)


@pytest.mark.parametrize(
    ("given", "said"), [(Suspended(None, WAIT), "wait"), (Suspended(None, None, Spawn("map")), "have")]
)
async def test_a_lone_job_has_no_run_to_park(given: Outcome, said: str, inline: bool) -> None:
    outcome = await outcome_of(gives(given), inline=inline)
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("unsupported", True)
    assert f"own can only {said}" in outcome.error.message


async def test_a_runs_step_may_be_parked(inline: bool) -> None:
    given = Suspended(NOW, WAIT)
    run = executor(Kind("own", gives(given), inline=inline))
    job = claimed(kind="own")._replace(run_id="run-1")
    assert (run.attempt_inline(job, None) if inline else await run.attempt(job, None)) == given
