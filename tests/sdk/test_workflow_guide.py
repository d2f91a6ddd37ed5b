"""The Python guide's workflows, from its own text: built, checked, saved, run, and written as Python again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mypy import api

import holdfast
from holdfast import Workflow
from holdfast.testing import engine
from tests.sdk.test_guide import example, run_async
from tests.sdk.test_workflow_round_trips import built, text, valid

ROOT = Path(__file__).parents[2]


@holdfast.task(name="billing.refund")
def refund(order: int) -> str:
    return f"refunded {order}"


def workflow_of(words: str) -> Workflow:
    scope: dict[str, Any] = {"Workflow": Workflow}
    exec(example(words), scope)
    found: Workflow = scope["wf"]
    return found


def test_the_first_workflow_is_valid_and_comes_back() -> None:
    wf = workflow_of('"lead-qualification"')
    document = wf.to_dict()
    assert valid(document)
    assert [(edge["from"], edge["to"]) for edge in document["edges"]] == [
        ("score", "hot"),
        ("hot.true", "alert"),
        ("hot.true", "mail"),
        ("alert", "done"),
        ("mail", "done"),
        ("hot.false", "note"),
        ("note", "done"),
        ("score.error", "away"),
        ("away", "done"),
    ]
    assert text(built(wf.to_python()).to_dict()) == text(document)
    assert text(Workflow.from_yaml(wf.to_yaml()).to_dict()) == text(document)


async def test_the_body_runs_for_each_item() -> None:
    async with engine(tasks=[refund]) as hf:
        await hf.apply(workflow_of('Workflow("refunds")').to_dict())
        run = await hf.start("refunds", {"refunds": [{"order": 7, "amount": 12}, {"order": 8, "amount": 0}]})
        await hf.drain()
        done = await hf.run(run)
    assert (done.state, done.output) == ("SUCCEEDED", ["refunded 7", None])


async def test_it_is_saved_and_run_by_the_client(client: holdfast.Client, capsys: pytest.CaptureFixture[str]) -> None:
    wf = Workflow("refunds")
    body = wf.body(output="{{ item }}")
    body.noop("one")
    wf.map("all", items="{{ input.refunds }}", body=body)
    wf.set(output="{{ nodes.all.output }}")
    await run_async(example("client.workflows.apply(wf"), wf=wf, client=client)
    assert capsys.readouterr().out.endswith("\n[{'order': 7, 'amount': 12}, {'order': 8, 'amount': 0}]\n")
    saved = await client.workflows.get("refunds")
    assert (saved.version, saved.definition) == (1, wf.to_dict())


def test_a_file_is_printed_as_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    wf = workflow_of('Workflow("refunds")')
    (tmp_path / "refund.yaml").write_text(wf.to_yaml())
    exec(example("refund.yaml"), {"Path": Path, "Workflow": Workflow})
    assert capsys.readouterr().out == wf.to_python() + "\n"


@pytest.mark.timeout(180)  # where lint did not look before
def test_the_examples_have_types(tmp_path: Path) -> None:
    """mypy reads the guide's workflows as it would read a user's. What it knows of ours is from its last look."""
    (tmp_path / "flow.py").write_text(example('"lead-qualification"') + example('Workflow("refunds")'))
    ours = [f"--config-file={ROOT / 'pyproject.toml'}", f"--cache-dir={ROOT / '.mypy_cache'}"]
    told, wrong, status = api.run(["--strict", *ours, str(tmp_path / "flow.py")])
    assert status == 0, told + wrong
