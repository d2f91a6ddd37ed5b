"""JSON → Python → JSON and JSON → YAML → JSON lose nothing: not a field, not a character, not an order."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings

from holdfast import Workflow
from holdfast.cron import Crons
from holdfast.definition_yaml import read_yaml
from holdfast.model.errors import Invalid
from holdfast.model.validate import read_workflow
from holdfast.nodes.http_session import NoSessions
from holdfast.nodes.registry import NodeRegistry
from holdfast.outgoing.smtp import SmtpTransport, read_smtp_url
from holdfast.samples import read_sample, sample_names
from holdfast.schema import JsonSchemas
from tests.sdk.documents import definitions
from tests.support.examples import examples

SPECS = NodeRegistry(NoSessions(), SmtpTransport(read_smtp_url("smtp://127.0.0.1:9"))).specs


def text(document: Any) -> str:
    """JSON, which tells orders of fields apart as ``==`` doesn't."""
    return json.dumps(document)


def built(source: str) -> Workflow:
    """What a source builds."""
    scope: dict[str, Any] = {}
    exec(compile(source, "built", "exec"), scope)
    found: Workflow = scope["wf"]
    return found


def valid(document: Any) -> bool:
    try:
        read_workflow(document, SPECS, JsonSchemas(), Crons())
    except Invalid as error:
        event(f"refused: {error.problems[0].message[:60]}")
        return False
    return True


@settings(
    max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(definitions())
def test_any_definition_comes_back_from_python_and_yaml(document: dict[str, Any]) -> None:
    assert valid(document)
    workflow = Workflow.from_dict(document)
    assert text(workflow.to_dict()) == text(document)
    assert text(built(workflow.to_python()).to_dict()) == text(document)
    assert text(read_yaml(workflow.to_yaml())) == text(document)


@pytest.mark.parametrize("name", sample_names())
def test_the_samples_come_back(name: str) -> None:
    document = read_yaml(read_sample(name))
    workflow = Workflow.from_yaml(read_sample(name))
    assert text(built(workflow.to_python()).to_dict()) == text(document)
    assert text(Workflow.from_yaml(workflow.to_yaml()).to_dict()) == text(document)


@pytest.mark.parametrize(
    "document",
    [
        {"name": "no-format", "nodes": []},
        {"holdfast": True, "name": "x"},
        {"holdfast": 1, "name": "x", "nodes": [{"id": "a"}, {"id": "a"}], "edges": [{"from": "a", "to": "b"}]},
        {"holdfast": 1, "name": "x", "nodes": {}, "edges": [3], "triggers": [{}], "a b": 1, "self": 2},
        {"holdfast": 1, "name": "x", "nodes": [{"id": "m", "type": "map", "params": {"body": {"nodes": [1]}}}]},
        {"holdfast": 1, "name": "x", "nodes": [{"id": "a", "type": "b..c"}, {"id": 3, "type": None}]},
    ],
)
def test_what_is_not_valid_comes_back_too(document: dict[str, Any]) -> None:
    workflow = Workflow.from_dict(document)
    assert text(built(workflow.to_python()).to_dict()) == text(document)
    assert text(read_yaml(workflow.to_yaml())) == text(document)


def test_steps_and_edges_beside_them_come_back() -> None:
    document = {
        "holdfast": 1,
        "name": "steps",
        "steps": [
            {"id": "a", "type": "noop"},
            {"parallel": [{"id": "b", "type": "noop"}, {"id": "c", "type": "noop"}]},
        ],
        "nodes": [{"id": "told", "type": "log", "params": {"message": "a failed"}}],
        "edges": [{"from": "a.error", "to": "told"}],
    }
    source = Workflow.from_dict(document).to_python()
    assert 'wf["a"].error >> told' in source
    assert text(built(source).to_dict()) == text(document)


def test_the_source_passes_a_linter(tmp_path: Path) -> None:
    for name in sample_names():
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(Workflow.from_yaml(read_sample(name)).to_python())
    rules = ["--isolated", "--select", "E,F,B,A,N,UP,SIM,Q,COM", "--ignore", "E501"]
    done = subprocess.run(
        [Path(sys.executable).with_name("ruff"), "check", *rules, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
