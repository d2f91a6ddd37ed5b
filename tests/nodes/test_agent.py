"""``agent`` with a local server that speaks the model's protocol: what it gives, what it costs, how it fails."""

import importlib
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from holdfast.model.egress import Egress
from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.agent import AiAgent
from holdfast.nodes.agent_params import SPEC
from holdfast.nodes.agent_tools import AgentReach
from holdfast.outgoing.guard import EgressGuard
from holdfast.outgoing.http import OutgoingHttp
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from tests.nodes.conftest import OpenSession, Serve
from tests.support.openai_server import OpenAIServer, Reply, calls, refuses, says
from tests.support.ports import free_port

VERDICT: JSONObject = {
    "type": "object",
    "properties": {"true": {"type": "boolean"}, "points": {"type": "integer", "minimum": 0, "maximum": 10}},
    "required": ["true", "points"],
}


@pytest.fixture
async def models() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
def node(open_session: OpenSession) -> AiAgent:
    return AiAgent(open_session(), AgentReach(JsonSchemas()))


class Lifeline:
    """Counts signs of life."""

    def __init__(self) -> None:
        self.beats = 0

    def beat(self, progress: JSON = None) -> None:
        self.beats += 1

    async def steps(self) -> dict[str, JSON]:
        return {}

    async def keep(self, name: str, result: JSON) -> bool:
        return True


def params(models: OpenAIServer, **more: Any) -> JSONObject:
    given: JSONObject = {"model": "openai:small", "base_url": models.url, "prompt": "Who was Ada?", **more}
    assert JsonSchemas().check(SPEC.params, given) == []
    return given


async def answer(node: AiAgent, context: NodeContext, given: JSONObject) -> JSONObject:
    outcome = await node.execute(context, given)
    assert isinstance(outcome, Succeeded), outcome
    assert isinstance(outcome.result, dict)
    return outcome.result


async def failure(node: AiAgent, context: NodeContext, given: JSONObject) -> Failed:
    outcome = await node.execute(context, given)
    assert isinstance(outcome, Failed), outcome
    return outcome


def test_its_schema_is_a_schema_that_refuses_unknown_keys() -> None:
    schemas = JsonSchemas()
    assert schemas.check_is_schema(SPEC.params) == []
    assert schemas.check(SPEC.params, SPEC.example) == []
    assert [path for path, _ in schemas.check(SPEC.params, {**SPEC.example, "unheard_of": 1})] == [("unheard_of",)]
    assert [path for path, _ in schemas.check(SPEC.params, {**SPEC.example, "model": "gpt"})] == [("model",)]
    assert {("api_key",), ("base_url",), ("tools",)} == set(SPEC.secret_paths)


async def test_its_example_runs(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    models.replies = [says("Ada Lovelace wrote programs. She wrote them by hand.")]
    result = await answer(node, context, {**SPEC.example, "base_url": models.url})
    assert result["output"] == "Ada Lovelace wrote programs. She wrote them by hand."


async def test_no_address_is_logged(
    node: AiAgent, models: OpenAIServer, context: NodeContext, caplog: pytest.LogCaptureFixture
) -> None:
    models.replies = [says("ok")]
    with caplog.at_level(logging.INFO):
        await answer(node, context, params(models))
    assert [record.name for record in caplog.records if record.name != "aiohttp.access"] == []


@pytest.mark.parametrize("stream", [False, True])
async def test_it_answers_with_a_text(stream: bool, node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    models.replies = [says("She wrote programs.")]
    given = params(models, system="You know history.", api_key="key-1", temperature=0, max_tokens=50, stream=stream)
    assert await answer(node, context, given) == {
        "output": "She wrote programs.",
        "usage": {"input_tokens": 6, "output_tokens": 3, "requests": 1},
    }
    (asked,) = models.asked
    assert asked.told == [("system", "You know history."), ("user", "Who was Ada?")]
    assert asked.headers["Authorization"] == "Bearer key-1"
    assert (asked.body["model"], asked.body["temperature"], bool(asked.body.get("stream"))) == ("small", 0, stream)
    assert 50 in (asked.body.get("max_tokens"), asked.body.get("max_completion_tokens"))


async def test_a_prompt_may_be_any_value(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    models.replies = [says("ok")]
    await answer(node, context, params(models, prompt={"lines": [1, 2]}))
    assert models.asked[0].said("user") == '{"lines":[1,2]}'


@pytest.mark.parametrize("stream", [False, True])
async def test_it_answers_with_an_object_of_the_form_that_is_asked_for(
    stream: bool, node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    models.replies = [calls(("final_result", {"true": True, "points": 9}))]
    given = params(models, output_schema=VERDICT, stream=stream)
    assert (await answer(node, context, given))["output"] == {"true": True, "points": 9}


async def test_an_answer_of_another_form_is_sent_back(
    node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    models.replies = [calls(("final_result", {"true": True, "points": n})) for n in (99, 7)]
    result = await answer(node, context, params(models, output_schema=VERDICT))
    assert result["output"] == {"true": True, "points": 7}
    assert isinstance(result["usage"], dict)
    assert result["usage"]["requests"] == 2
    assert "points" in models.asked[1].said("tool")


async def test_a_model_that_never_finds_the_form_fails_and_may_be_asked_again(
    node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    models.replies = [calls(("final_result", {"points": 99}))] * 5
    failed = await failure(node, context, params(models, output_schema=VERDICT))
    assert (failed.error.type, failed.final) == ("model_answer", False)
    assert failed.error.details["usage"] == {
        "input_tokens": pytest.approx(30, abs=60),
        "output_tokens": 3,
        "requests": 3,
    }


async def test_it_stops_after_its_turns_and_says_what_they_cost(
    node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    models.replies = [calls(("final_result", {"points": 99}))] * 5
    failed = await failure(node, context, params(models, output_schema=VERDICT, max_turns=2))
    assert (failed.error.type, failed.final) == ("max_turns", True)
    assert isinstance(failed.error.details["usage"], dict)
    assert failed.error.details["usage"]["requests"] == 2
    assert len(models.asked) == 2


@pytest.mark.parametrize(
    ("reply", "final", "wait"),
    [
        (refuses(429, "rate_limit_exceeded", headers={"Retry-After": "7"}), False, 7 * SECOND),
        (refuses(429, "rate_limit_exceeded", headers={"Retry-After": "99999999"}), False, 86_400 * SECOND),
        (refuses(429, "insufficient_quota"), True, None),
        (refuses(500, "server_error"), False, None),
        (refuses(503, "overloaded", headers={"Retry-After": "2"}), False, 2 * SECOND),
        (refuses(400, "context_length_exceeded"), True, None),
        (refuses(401, "invalid_api_key"), True, None),
        (refuses(404, "model_not_found"), True, None),
    ],
)
async def test_a_refusal_is_final_unless_it_may_pass(
    reply: Reply, final: bool, wait: int | None, node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    models.replies = [reply]
    failed = await failure(node, context, params(models))
    assert (failed.final, failed.retry_after) == (final, wait)
    assert (failed.error.type, failed.error.details["status"]) == ("http_status", reply.status)
    assert len(models.asked) == 1


async def test_a_redirect_is_an_error(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    models.replies = [refuses(307, "moved", headers={"Location": f"{models.url}/chat/completions"}), says("elsewhere")]
    failed = await failure(node, context, params(models, api_key="key-123"))
    assert (failed.error.type, failed.final) == ("redirect", True)
    assert len(models.asked) == 1


async def test_no_words_of_the_provider_are_kept(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    models.replies = [refuses(401, "invalid_api_key", "Incorrect API key provided: key-123 for Who was Ada?")]
    failed = await failure(node, context, params(models, api_key="key-123"))
    assert failed.error.message == f"{models.url.removesuffix('/v1')} answered 401 (invalid_api_key)"


@pytest.mark.parametrize(
    ("reply", "kinds", "final"),
    [
        (Reply("one two three", cut="close"), {"connection"}, False),
        (
            Reply("one two three", cut="error", error={"message": "down", "code": "server_error"}),
            {"connection", "http_status"},
            False,
        ),
        (
            Reply("one two three", cut="error", error={"message": "slow", "code": "rate_limit_exceeded"}),
            {"connection", "http_status"},
            False,
        ),
    ],
)
async def test_a_stream_that_breaks_is_worth_another_try(
    reply: Reply, kinds: set[str], final: bool, node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    models.replies = [reply]
    failed = await failure(node, context, params(models, stream=True))
    assert failed.error.type in kinds
    assert failed.final is final


@pytest.mark.parametrize("stream", [False, True])
async def test_silence_ends_with_its_timeout(
    stream: bool, node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    models.replies = [Reply("one two", cut="silence")]
    failed = await failure(node, context, params(models, stream=stream, timeout="200ms"))
    assert (failed.error.type, failed.final) == ("timeout", False)


async def test_each_piece_is_a_sign_of_life(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    models.replies = [says("one two three four five")]
    lifeline = Lifeline()
    await answer(node, context._replace(lifeline=lifeline), params(models, stream=True))
    assert lifeline.beats >= 2


async def test_a_service_that_is_not_there(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    given = {**params(models), "base_url": f"http://127.0.0.1:{free_port()}/v1"}
    failed = await failure(node, context, given)
    assert (failed.error.type, failed.final) == ("connection", False)


async def test_an_address_that_is_closed_to_requests(
    open_session: OpenSession, models: OpenAIServer, context: NodeContext
) -> None:
    node = AiAgent(open_session("public"), AgentReach(JsonSchemas()))
    failed = await failure(node, context, params(models))
    assert (failed.error.type, failed.final) == ("address_not_allowed", True)
    assert models.asked == []


async def test_a_model_is_asked_only_where_the_tenant_may(models: OpenAIServer, context: NodeContext) -> None:
    async def nowhere(tenant: str) -> Egress:
        return Egress(only=("api.example.com",))

    outgoing = OutgoingHttp(EgressGuard("loopback"), egress=nowhere)
    failed = await failure(AiAgent(outgoing, AgentReach(JsonSchemas())), context, params(models))
    assert failed.error.type == "address_not_allowed"
    assert models.asked == []
    await outgoing.close()


async def test_an_answer_is_bounded(
    node: AiAgent, models: OpenAIServer, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.replies = [says("ok"), says("long " * 10_000)]
    await answer(node, context, params(models))
    monkeypatch.setattr("holdfast.nodes.agent_wire.MOST_BYTES", 20_000)
    failed = await failure(node, context, params(models))
    assert (failed.error.type, failed.final) == ("too_large", True)


async def test_it_speaks_to_anthropic_in_its_own_way(node: AiAgent, serve: Serve, context: NodeContext) -> None:
    seen: list[tuple[str, str, dict[str, Any]]] = []

    async def messages(request: web.Request) -> web.Response:
        seen.append((request.path, request.headers["X-Api-Key"], await request.json()))
        usage = {"input_tokens": 4, "output_tokens": 2}
        content = [{"type": "text", "text": "Hello Ada"}]
        return web.json_response(
            {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": content,
             "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
        )  # fmt: skip

    server = await serve(messages)
    given: JSONObject = {"model": "anthropic:c", "base_url": str(server.make_url("")), "api_key": "k", "prompt": "Hi"}
    assert await answer(node, context, given) == {
        "output": "Hello Ada",
        "usage": {"input_tokens": 4, "output_tokens": 2, "requests": 1},
    }
    ((path, key, body),) = seen
    assert (path, key, body["model"]) == ("/v1/messages", "k", "c")


async def test_nothing_of_the_environment_goes_out(
    node: AiAgent, models: OpenAIServer, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "of-the-operator")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    models.replies = [says("ok")]
    await answer(node, context, params(models))
    assert "of-the-operator" not in str(models.asked[0].headers)
    assert "Authorization" not in models.asked[0].headers


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"base_url": None, "api_key": None}, "api_key: api.openai.com needs one"),
        ({"model": "other:x"}, "model: expected"),
        ({"base_url": "http://me:secret@127.0.0.1/v1"}, "base_url: credentials"),
        ({"output_schema": {"type": "object", "properties": {"a": {"type": "nothing"}}}}, "output_schema isn't"),
        ({"timeout": "soon"}, "timeout:"),
    ],
)
async def test_params_that_never_work(
    more: JSONObject, message: str, node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    failed = await failure(node, context, {**params(models), **more})
    assert (failed.error.type, failed.final) == ("params", True)
    assert failed.error.message.startswith(message)


async def test_without_its_extra_it_says_how_to_install_it(
    node: AiAgent, models: OpenAIServer, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pydantic_ai"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    for part in ("run", "failures", "model"):
        monkeypatch.delitem(sys.modules, f"holdfast.nodes.agent_{part}", raising=False)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("holdfast.nodes.agent_run")
    failed = await failure(node, context, params(models))
    assert (failed.error.type, failed.final) == ("not_installed", True)
    assert "pip install 'holdfast[ai]'" in failed.error.message
