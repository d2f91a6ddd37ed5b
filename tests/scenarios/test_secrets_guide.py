"""The page about secrets, from its own text: its commands run, its workflows are valid, its task works."""

import re
from pathlib import Path
from typing import Any

import pytest

import holdfast.testing
from holdfast.cli.kinds import installed_kinds
from holdfast.cron import Crons
from holdfast.definition_yaml import read_yaml
from holdfast.engine.connections.types import TYPES
from holdfast.model.validate import read_workflow
from holdfast.schema import JsonSchemas
from tests.cli.conftest import address_of
from tests.support.guides import needs_shell, run_commands
from tests.support.process import HoldfastProcess

GUIDE = (Path(__file__).parents[2] / "docs" / "secrets.md").read_text()


def blocks(language: str) -> list[str]:
    return list(re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL))


@needs_shell
def test_the_commands_run_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("an example key\n")
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as running:
        printed = run_commands(GUIDE, address_of(running), tmp_path, 60)
    assert "set STRIPE_KEY" in printed
    assert "set CRM" in printed
    assert "nothing listens there" in printed
    assert "an example key" not in printed
    assert "an-example-secret" not in printed


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_workflows_are_valid(text: str) -> None:
    workflow = read_workflow(read_yaml(text), installed_kinds(), JsonSchemas(), Crons())
    assert workflow.nodes


async def test_the_task_reads_its_secret() -> None:
    (source,) = blocks("python")
    names: dict[str, Any] = {}
    exec(source, names)
    async with holdfast.testing.engine([names["charge"]], secrets={"STRIPE_KEY": "test"}) as instance:
        job = await instance.enqueue(names["charge"], {"amount": 3})
        await instance.drain()
        assert (await instance.assert_succeeded(job)).result == "charged 3"


def test_every_type_of_connections_is_told_with_its_fields() -> None:
    for type_ in TYPES.values():
        (row,) = re.findall(rf"^\| `{type_.id}` \|(.*)$", GUIDE, re.M)
        properties = type_.schema["properties"]
        assert isinstance(properties, dict)
        assert [name for name in properties if f"`{name}`" not in row] == []
