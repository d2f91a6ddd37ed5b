"""The page about the library, from its own text: it names everything, and its examples are valid and run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import holdfast.testing
from holdfast.cli.kinds import installed_kinds
from holdfast.cron import Crons
from holdfast.definition_yaml import read_yaml
from holdfast.model.json import JSON
from holdfast.model.validate import read_workflow
from holdfast.schema import JsonSchemas
from holdfast.sdk.shapes import Run
from holdfast.testing import Instance

GUIDE = (Path(__file__).parents[2] / "docs" / "nodes.md").read_text()
SECTIONS = {
    str(kind): str(text) for kind, text in re.findall(r"^### `([a-z.]+)`\n(.*?)(?=^##|\Z)", GUIDE, re.DOTALL | re.M)
}
SPECS = installed_kinds()
GIVING = [kind for kind, text in SECTIONS.items() if "# gives: " in text]


def said(kind: str, what: str) -> JSON:
    found = re.search(rf"^# {what}: (.*)$", SECTIONS[kind], re.M)
    value: JSON = json.loads(found[1]) if found else None
    return value


def document(kind: str) -> dict[str, Any]:
    (block,) = re.findall(r"```yaml\n(.*?)```", SECTIONS[kind], re.DOTALL)
    parts = read_yaml(str(block))
    assert isinstance(parts, dict)
    return {"holdfast": 1, "name": "example", **parts}


def test_every_kind_has_its_section() -> None:
    assert set(SECTIONS) == set(SPECS)


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_a_section_names_every_param_and_every_port_of_its_own(kind: str) -> None:
    spec, text = SPECS[kind], SECTIONS[kind]
    properties = spec.params.get("properties", {})
    assert isinstance(properties, dict)
    names = sorted({*properties, *spec.ports} - {"out"})
    assert [name for name in names if not re.search(rf"[`{{ ]{re.escape(name)}[`:, }}]", text)] == []


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_an_example_is_a_valid_workflow_that_uses_the_kind(kind: str) -> None:
    workflow = read_workflow(document(kind), SPECS, JsonSchemas(), Crons())
    assert kind in {node.type for node in workflow.nodes}


async def go_on(hf: Instance, kind: str, run: Run) -> None:
    """What the example waits for."""
    if (signal := said(kind, "signal")) is not None:
        assert isinstance(signal, dict)
        ((name, payload),) = signal.items()
        await hf.signal(run, name, payload)
    if (event := said(kind, "event")) is not None:
        assert isinstance(event, dict)
        await hf.post_event(str(event["type"]), event["data"], subject=str(event["subject"]))
    hf.clock.move("1s")
    await hf.drain()


@pytest.mark.parametrize("kind", GIVING)
async def test_an_example_gives_what_it_says(kind: str) -> None:
    async with holdfast.testing.engine() as hf:
        await hf.apply(document(kind))
        run = await hf.start("example", said(kind, "input"))
        await hf.drain()
        await go_on(hf, kind, run)
        ended = await hf.run(run)
        assert (ended.state, ended.output) == ("SUCCEEDED", said(kind, "gives")), ended
