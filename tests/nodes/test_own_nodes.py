"""Node kinds of somebody's own: functions, classes, and subclasses of ``holdfast.Node``; from modules and packages."""

import asyncio
import threading
from dataclasses import dataclass
from datetime import date
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field

import holdfast
import holdfast.testing
from holdfast.model.errors import Invalid
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.json import JSON, JSONObject, pointer
from holdfast.model.outcome import Cancelled, Emit, Failed, Outcome, Snoozed, Succeeded
from holdfast.nodes.registry import NodeRegistry
from holdfast.ports import NodeContext, NodeType
from holdfast.schema import JsonSchemas
from holdfast.tasks import registry_of
from tests.nodes.test_registry import registry


class Place(BaseModel):
    lat: float
    lon: float


@dataclass
class Address:
    street: str
    zip: int = 0


@holdfast.node(
    "acme.geocode", title="Geocode", icon="map-pin", category="Acme", ports=("out", "unknown"), timeout="2m",
    example={"city": "Berlin"},
)  # fmt: skip
async def geocode(
    city: Annotated[str, Field(description="Where to look.", examples=["Berlin"])],
    country: Literal["DE", "FR"] = "DE",
) -> Place | holdfast.Succeeded:
    """Finds a place
    by its name.

    Slowly.
    """
    await asyncio.sleep(0)
    return Place(lat=52.5, lon=13.4) if city == "Berlin" else holdfast.Succeeded({"city": city}, "unknown")


@holdfast.node("acme.plain", max_attempts=7)
def plain(ctx: holdfast.SyncContext, day: date, to: Address, note: Any = None, **more: int) -> JSON:
    place = "thread" if threading.current_thread() is not threading.main_thread() else "loop"
    return {"year": day.year, "zip": to.zip, "where": place, "node": ctx.node_id, "more": sum(more.values())}


@holdfast.node("acme.counter")
class Counter:
    """Counts its calls: one object for all attempts."""

    closed: ClassVar[int] = 0

    def __init__(self) -> None:
        self.calls = 0

    async def execute(self, by: int = 1) -> int:
        self.calls += by
        return self.calls

    async def close(self) -> None:
        Counter.closed += 1


class Echo(holdfast.Node):
    spec = holdfast.NodeSpec(type="acme.echo", title="Echo", params={"type": "object"})

    async def execute(self, context: holdfast.NodeContext, params: JSONObject) -> holdfast.Outcome:
        return holdfast.Succeeded({"key": context.idempotency_key, **params})


def module(**values: object) -> ModuleType:
    made = ModuleType("acme")
    for name, value in values.items():
        setattr(made, name, value)
    return made


def known(*values: object) -> NodeRegistry:
    return registry(registry_of([module(**{f"v{index}": value for index, value in enumerate(values)})]))


def only(value: object, kind: str) -> NodeType:
    node = known(value).get(kind)
    assert node is not None
    return node


async def test_a_function_is_a_node_with_typed_params(context: NodeContext) -> None:
    node = only(geocode, "acme.geocode")
    assert await node.execute(context, {"city": "Berlin"}) == Succeeded({"lat": 52.5, "lon": 13.4})
    assert await node.execute(context, {"city": "Ulm"}) == Succeeded({"city": "Ulm"}, "unknown")


def test_the_decorator_and_the_docstring_are_what_the_palette_shows() -> None:
    spec = only(geocode, "acme.geocode").spec
    assert (spec.title, spec.icon, spec.category) == ("Geocode", "map-pin", "Acme")
    assert spec.description == "Finds a place by its name."
    assert spec.all_ports == ("out", "unknown", "error")
    assert (spec.timeout, spec.retry.max_attempts) == (2 * MINUTE, 3)
    assert spec.example == {"city": "Berlin"}


def test_a_kind_that_says_little_is_shown_all_the_same() -> None:
    spec = only(plain, "acme.plain").spec
    assert (spec.title, spec.description, spec.icon, spec.category) == ("Plain", "", "box", "Own")
    assert (spec.timeout, spec.retry.max_attempts, spec.retry.max_delay) == (HOUR, 7, MINUTE)


def test_the_annotations_are_the_schema_of_the_form() -> None:
    schema = only(geocode, "acme.geocode").spec.params
    assert schema == {
        "type": "object",
        "properties": {
            "city": {"title": "City", "type": "string", "description": "Where to look.", "examples": ["Berlin"]},
            "country": {"title": "Country", "type": "string", "enum": ["DE", "FR"], "default": "DE"},
        },
        "required": ["city"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("params", "path", "message"),
    [
        ({"to": {"street": "a"}}, "day", "is required"),
        ({"day": "soon", "to": {"street": "a"}}, "day", "must be a date"),
        ({"day": "2026-01-31", "to": {}}, "to.street", "is required"),
        ({"day": "2026-01-31", "to": {"street": "a"}, "extra": "x"}, "extra", "must be a whole number"),
    ],
)
def test_wrong_params_are_told_before_anything_runs(params: JSONObject, path: str, message: str) -> None:
    """References to shared parts of the schema are followed."""
    schemas, schema = JsonSchemas(), only(plain, "acme.plain").spec.params
    assert schemas.check_is_schema(schema) == []
    breaches = {pointer(at): told for at, told in schemas.check(schema, params)}
    assert message in breaches[path]


async def test_a_param_may_nest_itself(context: NodeContext) -> None:
    node, schemas = only(tree, "acme.tree"), JsonSchemas()
    given: JSONObject = {"tree": {"name": "a", "parts": [{"name": "b", "parts": [{"name": "c"}]}]}}
    assert schemas.check_is_schema(node.spec.params) == schemas.check(node.spec.params, given) == []
    assert await node.execute(context, given) == Succeeded(3)
    wrong: JSONObject = {"tree": {"name": "a", "parts": [{"parts": []}]}}
    assert [pointer(path) for path, _ in schemas.check(node.spec.params, wrong)] == ["tree.parts[0].name"]


async def test_a_plain_function_runs_in_a_thread_with_its_context(context: NodeContext) -> None:
    params: JSONObject = {"day": "2026-01-31", "to": {"street": "a", "zip": 7}, "x": 1, "y": 2}
    outcome = await only(plain, "acme.plain").execute(context, params)
    assert outcome == Succeeded({"year": 2026, "zip": 7, "where": "thread", "node": "step", "more": 3})


async def test_a_class_is_made_once_and_closed_with_the_process(context: NodeContext) -> None:
    nodes = known(Counter)
    node = nodes.get("acme.counter")
    assert node is not None
    assert node.spec.description == "Counts its calls: one object for all attempts."
    assert [await node.execute(context, {}), await node.execute(context, {"by": 4})] == [Succeeded(1), Succeeded(5)]
    before = Counter.closed
    await nodes.close()
    assert Counter.closed == before + 1


async def test_a_subclass_of_node_has_the_whole_attempt(context: NodeContext) -> None:
    node = only(Echo, "acme.echo")
    assert await node.execute(context, {"a": 1}) == Succeeded({"key": "key-1", "a": 1})


async def ended(context: NodeContext, ending: Any, ports: tuple[str, ...] = ("out",)) -> Outcome:
    @holdfast.node("acme.ending", ports=ports)
    async def end() -> Any:
        if isinstance(ending, Exception):
            raise ending
        return ending

    return await only(end, "acme.ending").execute(context, {})


async def test_an_outcome_is_taken_as_it_is(context: NodeContext) -> None:
    told = holdfast.Succeeded(1, emits=(holdfast.Emit("order.paid", {"order": 1}),))
    assert await ended(context, told) == Succeeded(1, emits=(Emit("order.paid", {"order": 1}),))
    assert await ended(context, holdfast.Snoozed(context.now)) == Snoozed(context.now)
    assert await ended(context, holdfast.Failed(holdfast.ErrorInfo("own", "no"))) == Failed(
        holdfast.ErrorInfo("own", "no")
    )


async def test_exceptions_mean_what_they_mean_in_tasks(context: NodeContext) -> None:
    final = await ended(context, holdfast.FinalError("never"))
    assert isinstance(final, Failed)
    assert (final.error.type, final.final) == ("FinalError", True)
    later = await ended(context, holdfast.RetryLater("5m"))
    assert isinstance(later, Failed)
    assert (later.retry_after, later.final) == (300 * SECOND, False)
    assert isinstance(await ended(context, holdfast.Snooze("5m")), Snoozed)
    assert isinstance(await ended(context, holdfast.Cancel()), Cancelled)


@pytest.mark.parametrize("result", [{"a": 1}, Succeeded(1, "elsewhere")])
async def test_a_port_that_the_kind_lacks_is_final(result: Any, context: NodeContext) -> None:
    outcome = await ended(context, result, ("found", "missing"))
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("result", True)
    assert "it has found, missing" in outcome.error.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ports": ()}, "one name or several"),
        ({"ports": ("a", "a")}, "one name or several"),
        ({"ports": ("error",)}, "can't be a port"),
        ({"ports": ("a.b",)}, "can't be a port"),
        ({"timeout": 0}, "longer than nothing"),
        ({"retry": {"strategy": "hope"}}, "strategy must be one of"),
        ({"retry": holdfast.Retry(), "max_attempts": 2}, "either by itself"),
    ],
)
def test_options_that_can_not_be_are_told_at_the_mark(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        holdfast.node("acme.x", **options)(geocode)


def test_what_can_not_be_a_node_is_told_at_the_mark() -> None:
    def generator() -> Any:
        yield 1

    with pytest.raises(ValueError, match="must be a name such as acme"):
        holdfast.node("no good")
    with pytest.raises(ValueError, match="is a generator"):
        holdfast.node("acme.x")(generator)
    with pytest.raises(ValueError, match="has a method execute"):
        holdfast.node("acme.x")(Place)
    with pytest.raises(ValueError, match="needs no mark"):
        holdfast.node("acme.x")(Echo)


class Needy(holdfast.Node):
    spec = holdfast.NodeSpec(type="acme.needy")

    def __init__(self, key: str) -> None:
        self.key = key


@holdfast.node("acme.unusable")
def unusable(values: threading.Lock) -> None: ...


@holdfast.node("acme.pattern")
def pattern(text: Annotated[str, Field(pattern="(?=a)b")]) -> None: ...


class Tree(BaseModel):
    name: str
    parts: "list[Tree]" = []


@holdfast.node("acme.tree")
async def tree(tree: Tree) -> int:
    return sum([await asyncio.sleep(0, 1)] + [len(part.parts) + 1 for part in tree.parts])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Needy, "Needy: can't be a node kind: TypeError"),
        (unusable, "unusable: can't be a node kind: Unusable: values"),
        (pattern, "pattern: can't be a node kind: Unusable: text"),
    ],
)
def test_a_kind_that_can_not_be_used_is_named_at_the_start(value: object, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        known(value)
    assert message in str(caught.value)


def test_a_kind_may_be_found_twice_but_not_be_there_twice() -> None:
    nodes = registry(registry_of([module(first=geocode), module(second=geocode)]))
    assert "acme.geocode" in nodes.kinds()

    @holdfast.node("acme.geocode")
    async def another() -> None: ...

    with pytest.raises(Invalid, match="this node kind is taken"):
        known(geocode, another)


def test_a_module_that_imports_the_names_themselves_brings_nothing() -> None:
    nodes = registry(registry_of([module(Node=holdfast.Node, Task=holdfast.Task, node=holdfast.node)]))
    assert nodes.kinds() == registry().kinds()


def test_a_package_brings_a_marked_function_or_a_module_of_kinds() -> None:
    entries = [EntryPoint("all", __name__, "holdfast.nodes")]
    with pytest.raises(Invalid, match="Needy"):  # this module has kinds that can't be
        registry(packages=entries)
    one = [EntryPoint("one", f"{__name__}:geocode", "holdfast.nodes")]
    assert "acme.geocode" in registry(packages=one).specs
    with pytest.raises(Invalid, match="has no node kinds"):
        registry(packages=[EntryPoint("none", "json", "holdfast.nodes")])


async def test_own_kinds_are_steps_of_a_workflow_and_lone_jobs() -> None:
    async with holdfast.testing.engine(tasks=[geocode, Counter]) as hf:
        await hf.apply(
            {
                "holdfast": 1,
                "name": "find",
                "nodes": [
                    {"id": "find", "type": "acme.geocode", "params": {"city": "{{ input.city }}"}},
                    {"id": "found", "type": "transform", "params": {"value": "{{ nodes.find.output.lat }}"}},
                    {"id": "lost", "type": "acme.counter"},
                ],
                "edges": [{"from": "find", "to": "found"}, {"from": "find.unknown", "to": "lost"}],
                "output": "{{ nodes.found.output }}",
            }
        )
        there, gone = await hf.start("find", {"city": "Berlin"}), await hf.start("find", {"city": "Ulm"})
        job = await hf.enqueue("acme.counter", {"by": 10})
        await hf.drain()
        assert (await hf.run(there)).output == 52.5
        nodes = (await hf.run(gone)).nodes
        assert {name: node["state"] for name, node in nodes.items()} == {
            "find": "SUCCEEDED",
            "found": "SKIPPED",
            "lost": "SUCCEEDED",
        }
        assert (await hf.job(job)).state == "SUCCEEDED"
