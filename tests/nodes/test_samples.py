"""The samples: each is a valid definition that draws well."""

import itertools

import pytest

from holdfast.cron import Crons
from holdfast.definition_yaml import read_yaml
from holdfast.model.errors import Invalid
from holdfast.model.graph import Graph
from holdfast.model.json import JSONObject
from holdfast.model.validate import read_workflow
from holdfast.model.workflow import Workflow
from holdfast.nodes.http_session import NoSessions
from holdfast.nodes.registry import NodeRegistry
from holdfast.outgoing.smtp import SmtpTransport, read_smtp_url
from holdfast.samples import DEMO, DEMO_INPUT, read_sample, sample_names
from holdfast.schema import JsonSchemas

# A node on the canvas, with the least room around it.
WIDTH, HEIGHT = 220 + 40, 76 + 20


def read(name: str) -> Workflow:
    registry = NodeRegistry(NoSessions(), SmtpTransport(read_smtp_url("smtp://127.0.0.1:9")))
    return read_workflow(read_yaml(read_sample(name)), registry.specs, JsonSchemas(), Crons())


def test_the_samples_are_there() -> None:
    assert {"lead-followup", "order-confirmation", "delay-reminder", "error-handling", "parallel-checks"} <= set(
        sample_names()
    )
    with pytest.raises(KeyError):
        read_sample("../lead-followup")


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_is_a_valid_workflow(name: str) -> None:
    workflow = read(name)
    assert workflow.name == name
    assert workflow.title
    assert workflow.description
    assert Graph.of(workflow).roots


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_draws_well(name: str) -> None:
    """Every node has its place, none overlaps another, and every edge leads to the right."""
    workflow = read(name)
    places = {node: (at["x"], at["y"]) for node, at in workflow.layout.items() if isinstance(at, dict)}
    assert set(places) == {node.id for node in workflow.nodes}
    at = {node: (float(str(x)), float(str(y))) for node, (x, y) in places.items()}
    for (_, (x1, y1)), (_, (x2, y2)) in itertools.combinations(at.items(), 2):
        assert abs(x1 - x2) >= WIDTH or abs(y1 - y2) >= HEIGHT
    for edge in workflow.edges:
        assert at[edge.target][0] >= at[edge.source][0] + WIDTH or edge.source == edge.target


def test_the_demo_fires_a_sample_with_an_input_that_it_takes() -> None:
    workflow = read(DEMO)
    assert [trigger.type for trigger in workflow.triggers if trigger.type == "webhook"]
    assert JsonSchemas().check(workflow.input_schema, DEMO_INPUT) == []
    with pytest.raises(Invalid):
        read_workflow({**workflow.document, "nodes": []}, {}, JsonSchemas(), Crons())


@pytest.mark.parametrize("name", sample_names())
def test_the_inputs_examples_are_taken_by_their_schema(name: str) -> None:
    schema = read(name).input_schema
    assert schema is not None
    assert isinstance(schema["properties"], dict)
    example: JSONObject = {}
    for key, inner in schema["properties"].items():
        assert isinstance(inner, dict)
        assert isinstance(inner["examples"], list)
        example[key] = inner["examples"][0]
    assert JsonSchemas().check(schema, example) == []
