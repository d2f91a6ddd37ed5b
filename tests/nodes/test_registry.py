"""The registry, and what every node kind must have: a schema that holds, an example that runs."""

import asyncio
from importlib.metadata import EntryPoint

import pytest
from aiohttp import web

from holdfast.cron import Crons
from holdfast.model.errors import Invalid
from holdfast.model.graph import Graph
from holdfast.model.graph_scope import scope_of
from holdfast.model.json import JSON, JSONObject, pointer
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Failed, Outcome, Snoozed, Succeeded, Suspended
from holdfast.model.validate import read_workflow
from holdfast.nodes.http_session import NoSessions
from holdfast.nodes.registry import NodeRegistry
from holdfast.outgoing.smtp import SmtpTransport, read_smtp_url
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from holdfast.tasks import Task, TaskRegistry
from tests.nodes.conftest import NOW, Names, OpenSession, Serve
from tests.support.smtp import SmtpServer

KINDS = {
    "code.python",
    "approval", "delay", "email.send", "event.emit", "fail", "filter", "form.input", "http.request", "if", "log",
    "loop", "map", "merge", "noop", "notify", "switch", "transform", "wait.callback", "wait.event", "wait.until",
    "webhook.respond", "workflow.call",
}  # fmt: skip
# What an example comes to, unless it succeeds.
OUTCOMES = {
    "approval": Suspended, "delay": Snoozed, "fail": Failed, "loop": Suspended, "map": Suspended,
    "wait.callback": Suspended, "wait.event": Suspended, "wait.until": Snoozed, "workflow.call": Suspended,
}  # fmt: skip
# What the examples read.
INPUT: JSONObject = {"total": 1_500, "order": 17}


def registry(tasks: TaskRegistry | None = None, packages: list[EntryPoint] | None = None) -> NodeRegistry:
    transport = SmtpTransport(read_smtp_url("smtp://127.0.0.1:9"))
    return NodeRegistry(NoSessions(), transport, tasks, packages=packages or [])


def recalculate(customer: str, month: str) -> JSONObject:
    return {"customer": customer, "month": month}


TASKS = TaskRegistry({"billing.recalculate": Task("billing.recalculate", recalculate)})


def test_every_kind_of_the_library_is_there() -> None:
    nodes = registry(TASKS)
    assert nodes.kinds() >= KINDS | {"task:billing.recalculate"}
    assert set(nodes.specs) >= KINDS | {"task"}
    assert nodes.get("task") is None
    assert nodes.get("task:unknown") is None
    assert nodes.get("nothing") is None


@pytest.mark.parametrize("kind", sorted(KINDS | {"task"}))
def test_a_spec_tells_everything_that_a_palette_needs(kind: str) -> None:
    spec = registry().specs[kind]
    assert spec.type == kind
    assert spec.title
    assert spec.description
    assert spec.icon
    assert spec.category
    assert spec.params["type"] == "object"


@pytest.mark.parametrize("kind", sorted(KINDS | {"task"}))
def test_a_schema_is_a_schema_and_holds_for_the_example(kind: str) -> None:
    schemas, spec = JsonSchemas(), registry().specs[kind]
    assert schemas.check_is_schema(spec.params) == []
    assert schemas.check(spec.params, spec.example) == []


@pytest.mark.parametrize("kind", sorted(KINDS - {"noop"} | {"task"}))
def test_a_key_that_no_schema_knows_is_refused(kind: str) -> None:
    spec = registry().specs[kind]
    breaches = JsonSchemas().check(spec.params, {**spec.example, "unheard_of": 1})
    assert [path for path, _ in breaches] == [("unheard_of",)]


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_the_example_runs(
    kind: str, serve: Serve, open_session: OpenSession, smtp_server: SmtpServer, context: NodeContext
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"score": 90})

    server = await serve(answer)
    session = open_session("loopback", Names("127.0.0.1", server.port))
    nodes = NodeRegistry(session, SmtpTransport(read_smtp_url(smtp_server.url)), packages=[])
    node = nodes.get(kind)
    assert node is not None
    # The test's server has no certificate for the example's host.
    example = {name: _plain(value) for name, value in node.spec.example.items()}
    params = filled(kind, example, nodes)
    assert JsonSchemas().check(node.spec.params, params) == []
    outcome = await node.execute(context, params)
    await nodes.close()
    assert type(outcome) is OUTCOMES.get(kind, Succeeded), outcome


def filled(kind: str, params: JSONObject, nodes: NodeRegistry) -> JSONObject:
    """The params as a worker would hand them to the handler, in a workflow of that one node, which must be valid."""
    document: JSONObject = {
        "holdfast": 1,
        "name": "example",
        "nodes": [{"id": "step", "type": kind, "params": params}],
    }
    graph = Graph.of(read_workflow(document, nodes.specs, JsonSchemas(), Crons()))
    scope = scope_of(
        run_id="run",
        workflow="example",
        version=1,
        correlation_id="correlation-1",
        created_at=NOW,
        run_input=INPUT,
        trigger={},
        variables={},
        reads=(),
        outputs={},
        errors={},
        now=NOW,
    )
    made = graph.fill_params("step", scope)
    assert isinstance(made, dict)
    return made


def _plain(value: JSON) -> JSON:
    return value.replace("https://", "http://") if isinstance(value, str) else value


async def test_the_example_of_a_task_runs(context: NodeContext) -> None:
    nodes = registry(TASKS)
    example = nodes.specs["task"].example
    node = nodes.get(f"task:{example['name']}")
    assert node is not None
    args = example["args"]
    assert isinstance(args, dict)
    assert JsonSchemas().check(node.spec.params, args) == []
    assert await node.execute(context, args) == Succeeded(args)


@pytest.mark.parametrize(
    ("kind", "params", "path", "message"),
    [
        ("http.request", {}, "url", "is required"),
        ("http.request", {"url": "example.com"}, "url", "starts with http:// or https://"),
        ("http.request", {"url": "http://a", "method": "FETCH"}, "method", "must be one of GET, POST"),
        ("http.request", {"url": "http://a", "json": 1, "form": {}}, "", "not several"),
        ("http.request", {"url": "http://a", "auth": {"type": "bearer"}}, "auth.token", "is required"),
        ("http.request", {"url": "http://a", "auth": {"type": "ntlm"}}, "auth.type", "must be one of basic"),
        ("http.request", {"url": "http://a", "expect": ["6xx"]}, "expect[0]", "a class such as 4xx"),
        ("http.request", {"url": "http://a", "expect": [42]}, "expect[0]", "a class such as 4xx"),
        ("http.request", {"url": "http://a", "timeout": "5"}, "timeout", "a duration such as"),
        ("http.request", {"url": "http://a", "headers": {"a b": "1"}}, "headers.a b", "good key"),
        ("http.request", {"url": "http://a", "headers": {"a": "1\n2"}}, "headers.a", "line breaks"),
        ("http.request", {"url": "http://a", "heders": {}}, "heders", "did you mean headers?"),
        ("email.send", {"subject": "x"}, "to", "is required"),
        ("email.send", {"to": "ada", "subject": "x"}, "to", "an address such as"),
        ("email.send", {"to": ["ada@example.com", "x"], "subject": "x"}, "to[1]", "an address such as"),
        ("email.send", {"to": "ada@example.com", "subject": "a\nb"}, "subject", "one line"),
        ("delay", {"for": "later"}, "for", "a duration such as"),
        ("delay", {}, "for", "is required"),
        ("log", {"message": "x", "level": "loud"}, "level", "must be one of debug"),
        ("fail", {"retryable": "yes"}, "retryable", "must be true or false"),
        ("transform", {}, "value", "is required"),
        ("if", {}, "condition", "is required"),
        ("switch", {}, "cases", "is required"),
        ("switch", {"cases": {}}, "cases", "at least 1"),
        ("switch", {"cases": {"default": "true"}}, "cases.default", "not a good key"),
        ("switch", {"cases": {"error": "true"}}, "cases.error", "not a good key"),
        ("switch", {"cases": {"a b": "true"}}, "cases.a b", "not a good key"),
        ("switch", {"cases": {"a": 1}}, "cases.a", "must be a string"),
        ("filter", {"items": {}, "condition": "true"}, "items", "must be a list"),
        ("filter", {"items": []}, "condition", "is required"),
        ("map", {"items": "abc"}, "items", "a list of at most 100,000 items"),
        ("map", {"items": [], "concurrency": 0}, "concurrency", "at least 1"),
        ("map", {"items": [], "on_item_error": "retry"}, "on_item_error", "must be one of fail, continue"),
        ("map", {"items": [], "workflow": "a b"}, "workflow", "the name of a workflow"),
        ("loop", {}, "max_iterations", "is required"),
        ("loop", {"max_iterations": 0}, "max_iterations", "from 1 to 10,000"),
        ("workflow.call", {"input": {}}, "workflow", "is required"),
        ("workflow.call", {"workflow": "a", "timeout": "soon"}, "timeout", "a duration such as"),
        ("wait.until", {"at": "tomorrow"}, "at", "RFC 3339"),
        ("wait.event", {}, "event", "is required"),
        ("wait.event", {"event": "order.*.paid"}, "event", "such as order.paid or order.*"),
        ("wait.event", {"event": "a", "lookback": "-5m"}, "lookback", "a duration such as"),
        ("approval", {"approvers": "ada"}, "approvers", "must be a list"),
        ("event.emit", {"type": "job.succeeded"}, "type", "the engine's own events"),
        ("event.emit", {"type": "order paid"}, "type", "such as order.paid"),
        ("event.emit", {"type": "a", "data": [1]}, "data", "must be an object"),
        ("notify", {"message": "x"}, "channel", "is required"),
        ("notify", {"channel": "fax", "message": "x"}, "channel", "must be one of log, email, webhook"),
        ("notify", {"channel": "email", "message": "x"}, "to", "is required"),
        ("notify", {"channel": "webhook", "message": "x"}, "url", "is required"),
        ("webhook.respond", {"status": 99}, "status", "at least 200"),
        ("webhook.respond", {"json": 1, "body": "x"}, "", "not both"),
        ("webhook.respond", {"headers": {"Set-Cookie": "a=b"}}, "headers", "not a header that an answer may set"),
        ("webhook.respond", {"headers": {"X-A": "1\n2"}}, "headers.X-A", "line breaks"),
        ("form.input", {"fields": []}, "fields", "at least 1"),
        ("form.input", {"fields": [{"name": "a b", "type": "text"}]}, "fields[0].name", "a name of letters"),
        ("form.input", {"fields": [{"name": "a", "type": "file"}]}, "fields[0].type", "must be one of text, number"),
        ("form.input", {"fields": [{"name": "a", "type": "choice"}]}, "fields[0].choices", "is required"),
        ("task", {"name": "a b"}, "name", "must match"),
        ("task", {"name": "a", "args": []}, "args", "must be an object"),
    ],
)
def test_wrong_params_are_told_by_place_and_rule(kind: str, params: JSONObject, path: str, message: str) -> None:
    breaches = {pointer(at): told for at, told in JsonSchemas().check(registry().specs[kind].params, params)}
    assert message in breaches[path]


class Greeting:
    """A node kind of another package, as a class."""

    spec = NodeSpec(type="acme.greeting", params={"type": "object"})

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded("hello")


async def farewell(context: NodeContext, params: JSONObject) -> Outcome:
    """A node kind of another package, as a function."""
    await asyncio.sleep(0)
    return Succeeded("bye")


farewell.spec = NodeSpec(type="acme.farewell")  # type: ignore[attr-defined]


class Usurper(Greeting):
    spec = NodeSpec(type="http.request")


class TaskUsurper(Greeting):
    spec = NodeSpec(type="task:billing.recalculate")


class Blocking:
    spec = NodeSpec(type="acme.blocking")

    def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded()


no_node = 42


def package(*names: str) -> list[EntryPoint]:
    return [EntryPoint(name, f"{__name__}:{name}", "holdfast.nodes") for name in names]


async def test_other_packages_bring_node_kinds(context: NodeContext) -> None:
    nodes = registry(packages=package("Greeting", "farewell"))
    assert {kind for kind, spec in nodes.specs.items() if spec.own} == {"acme.greeting", "acme.farewell"}
    for kind, result in (("acme.greeting", "hello"), ("acme.farewell", "bye")):
        node = nodes.get(kind)
        assert node is not None
        assert await node.execute(context, {}) == Succeeded(result)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Usurper"], "http.request: this node kind is taken"),
        (["TaskUsurper"], "task:billing.recalculate: this node kind is taken"),
        (["Greeting", "Greeting"], "acme.greeting: this node kind is taken"),
        (["Blocking"], "holdfast.nodes:Blocking: can't be loaded: TypeError"),
        (["no_node"], "holdfast.nodes:no_node: can't be loaded: TypeError"),
        (["not_there"], "holdfast.nodes:not_there: can't be loaded: AttributeError"),
    ],
)
def test_a_package_that_is_wrong_is_named(names: list[str], message: str) -> None:
    with pytest.raises(Invalid) as caught:
        registry(packages=package(*names))
    assert message in str(caught.value)


def test_installed_packages_are_looked_at_by_themselves() -> None:
    nodes = NodeRegistry(NoSessions(), SmtpTransport(read_smtp_url("smtp://127.0.0.1:9")))
    assert nodes.kinds() >= KINDS
