"""The chart: its values answer their schema; values, commands and settings that its templates name exist.

Without Helm, templates are read as text; where the Python package `helm_python` is installed, Helm itself renders them.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
import yaml

from holdfast.http.routes import health
from holdfast.model.instant import SECOND
from holdfast.observe.metrics import Metrics
from holdfast.settings import load
from holdfast.version import __version__
from tests.deploy.checks import DEPLOY, parsed, read_yaml, unknown_settings

CHART: Final = DEPLOY / "helm" / "holdfast"
TEMPLATES: Final = sorted((CHART / "templates").iterdir())
VALUES: Final = read_yaml(CHART / "values.yaml")
SCHEMA: Final = json.loads((CHART / "values.schema.json").read_text())
PARTS: Final = {"_parts.tpl", "NOTES.txt"}


def problems(values: Any) -> list[str]:
    return [problem.message for problem in jsonschema_rs.validator_for(SCHEMA).iter_errors(values)]


def changed(**parts: dict[str, Any]) -> dict[str, Any]:
    """The chart's values with some changed."""
    whole = json.loads(json.dumps(VALUES))
    for name, part in parts.items():
        whole[name] = {**whole[name], **part}
    return dict(whole)


def test_the_values_answer_their_schema() -> None:
    assert problems(VALUES) == []
    assert read_yaml(CHART / "Chart.yaml")["appVersion"] == __version__


@pytest.mark.parametrize(
    "wrong",
    [
        changed(worker={"concurency": 3}),
        changed(worker={"concurrency": 0}),
        changed(image={"tag": "latest"}),
        changed(settings={"HOLDFAST_SECRET_KEY": "in plain sight"}),
        changed(settings={"HOLDFAST_LEASE": 30}),
        changed(ingress={"enabled": True}),
        changed(worker={"autoscaling": {"type": "magic"}}),
        {**VALUES, "secret": ""},
        {**VALUES, "replicaCount": 2},
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any]) -> None:
    assert problems(wrong) != []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_each_value_that_a_template_names_is_there(template: Path) -> None:
    text = template.read_text().replace("$scaling.", ".Values.worker.autoscaling.")
    for path in re.findall(r"\.Values((?:\.\w+)+)", text):
        value: Any = VALUES
        for name in path.split(".")[1:]:
            assert name in value, f"{template.name} names .Values{path}"
            value = value[name]


def test_each_value_is_used() -> None:
    text = "".join(template.read_text() for template in TEMPLATES).replace("$scaling.", ".Values.worker.autoscaling.")
    named = set(re.findall(r"\.Values((?:\.\w+)+)", text))

    def leaves(value: Any, path: str) -> list[str]:
        if isinstance(value, dict) and value and path not in named:
            return [leaf for name, inner in value.items() for leaf in leaves(inner, f"{path}.{name}")]
        return [path]

    assert [path for path in leaves(VALUES, "") if path not in named] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_each_block_of_a_template_is_closed_and_each_part_exists(template: Path) -> None:
    text = re.sub(r"\{\{/\*.*?\*/\}\}", "", template.read_text(), flags=re.DOTALL)
    actions = re.findall(r"\{\{-?\s*(\w+)", text)
    opened = sum(actions.count(word) for word in ("if", "with", "range", "define"))
    assert opened == actions.count("end")
    defined = re.findall(r'define "([\w.]+)"', (CHART / "templates" / "_parts.tpl").read_text())
    assert set(re.findall(r'include "([\w.]+)"', text)) <= set(defined)


def test_each_container_runs_a_command_that_exists() -> None:
    text = "".join(template.read_text() for template in TEMPLATES)
    commands = [yaml.safe_load(words) for words in re.findall(r"args: (\[.*\])", text)]
    assert {parsed(words) for words in commands if words != ["--version"]} == {
        "server",
        "relay",
        "migrate",
        "keys owner",
    }
    assert parsed(["worker", "--concurrency", "5", "--queues", "a,b", "--tags", "gpu"]) == "worker"
    flags = set(re.findall(r"- (--\w+)", (CHART / "templates" / "worker.yaml").read_text()))
    assert flags == {"--concurrency", "--queues", "--tags"}


def test_settings_paths_and_metrics_are_real() -> None:
    text = "".join(template.read_text() for template in TEMPLATES)
    assert unknown_settings([*VALUES["settings"], *re.findall(r"HOLDFAST_[A-Z_]*[A-Z]", text)]) == []
    paths = {route.path for route in health.router.routes if hasattr(route, "path")}
    assert set(re.findall(r"path: (/health/\w+|/metrics)", text)) <= paths
    metric, label = re.findall(r"\b(holdfast_queue\w+)\{(\w+)=", text)[0]
    families = {family.name: family for family in Metrics().registry.collect()}
    assert metric in families
    assert label == "state"


def test_a_graceful_end_fits_into_what_kubernetes_waits() -> None:
    grace = load(shutdown_grace=VALUES["settings"]["HOLDFAST_SHUTDOWN_GRACE"]).shutdown_grace
    assert VALUES["terminationGracePeriodSeconds"] >= grace / SECOND + 15


needs_helm = pytest.mark.skipif(find_spec("helm_python") is None, reason="needs helm_python")
EVERYTHING: Final = {
    "ownerSecret": "owner",
    "relay": {"enabled": True},
    "worker": {"queues": ["mail", "default"], "tags": ["gpu"], "autoscaling": {"type": "keda"}},
    "ingress": {"enabled": True, "host": "flows.example.com", "tlsSecret": "tls", "className": "nginx"},
    "serviceMonitor": {"enabled": True},
}


@needs_helm
@pytest.mark.parametrize("values", [{}, EVERYTHING, {"worker": {"autoscaling": {"type": "hpa"}}}])
def test_helm_renders_pods_that_may_do_nothing_beside_their_work(values: dict[str, Any]) -> None:
    chart: Any = import_module("helm_python.chart")
    assert [m for m in chart.lint(str(CHART))["messages"] if m["severity"] > 1] == []
    with chart.Chart.load(str(CHART)) as loaded:
        rendered = loaded.render(values=values, name="demo")
    objects = [
        made for name, text in rendered.items() if "NOTES" not in name for made in yaml.safe_load_all(text) if made
    ]
    kinds = {made["kind"] for made in objects}
    assert {"Deployment", "Service", "Job", "PodDisruptionBudget"} <= kinds
    pods = [made["spec"]["template"]["spec"] for made in objects if made["kind"] in ("Deployment", "Job")]
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["enableServiceLinks"] is False
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            if container["args"] != ["--version"]:
                assert parsed(container["args"])
            assert unknown_settings(variable["name"] for variable in container.get("env", [])) == []
