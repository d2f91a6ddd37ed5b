"""The tasks guide's own examples, from its own text, run as jobs."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import holdfast.testing
from holdfast.model.retry import RetryPolicy
from holdfast.sdk.shapes import Job
from holdfast.tasks import Task, task_of, tasks_of

GUIDE = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text()
BLOCKS = [str(block) for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports the guide's code block that holds these words, as the module ``billing``."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def imported(words: str) -> ModuleType:
        (block,) = [block for block in BLOCKS if words in block]
        (tmp_path / "billing.py").write_text(block)
        monkeypatch.delitem(sys.modules, "billing", raising=False)
        return __import__("billing")

    return imported


def only(module: ModuleType) -> Task:
    (task,) = tasks_of(module)
    return task


async def done(module: ModuleType, payload: dict[str, Any]) -> Job:
    """The job of the module's only task, once it has ended."""
    async with holdfast.testing.engine(tasks=[module]) as hf:
        job = await hf.enqueue(only(module).kind, payload)
        await hf.drain()
        return await hf.job(job)


async def test_the_first_task(example: Callable[[str], ModuleType]) -> None:
    job = await done(example("# billing.py"), {"customer": "c-1", "month": "2026-01"})
    assert (job.kind, job.result) == ("task:billing.recalculate", {"customer": "c-1", "month": "2026-01"})


async def test_typed_arguments(example: Callable[[str], ModuleType]) -> None:
    module = example("orders.book")
    right = await done(module, {"number": 7, "lines": [{"article": "a", "amount": 2}], "due": "2026-01-31"})
    assert right.result == {"number": 7, "pieces": 2}
    wrong = await done(module, {"number": 7, "lines": [{"article": "a", "amount": "many"}]})
    assert (wrong.state, len(wrong.attempts)) == ("FAILED", 1)
    assert wrong.error is not None
    assert wrong.error["type"] == "params"
    assert f"`{wrong.error['message']}`" in GUIDE.replace("\n", " ")


def test_options(example: Callable[[str], ModuleType]) -> None:
    task = task_of(example("mail.send").send)
    assert task is not None
    assert (task.name, task.queue, task.timeout) == ("mail.send", "mail", 120_000_000)
    assert task.retry == RetryPolicy(5, base_delay=2_000_000, max_delay=600_000_000, final_errors=("LookupError",))


async def test_the_context(example: Callable[[str], ModuleType]) -> None:
    job = await done(example("reports.build"), {"rows": 3_000})
    assert job.result == f"report {job.id}"


async def test_the_context_of_a_plain_function(example: Callable[[str], ModuleType]) -> None:
    assert (await done(example("images.shrink"), {"files": ["a", "b"]})).result == 2


async def test_a_step_isnt_repeated(example: Callable[[str], ModuleType]) -> None:
    module = example("orders.pay")
    calls: list[str] = []

    async def charge(order: str) -> int:
        calls.append("charge")
        return 4711

    async def mail(order: str, receipt: int) -> None:
        calls.append("mail")
        if len(calls) == 2:
            raise ConnectionError("the mail server is away")

    module.charge, module.mail = charge, mail  # type: ignore[attr-defined]
    async with holdfast.testing.engine(tasks=[module]) as hf:
        job = await hf.enqueue(module.pay, {"order": "o-1"})
        await hf.drain()
        hf.clock.move("1h")
        await hf.drain()
        ended = await hf.assert_succeeded(job)
    assert (ended.result, ended.max_attempts) == (4711, 5)
    assert calls == ["charge", "mail", "mail"]


async def test_a_process(example: Callable[[str], ModuleType]) -> None:
    assert (await done(example("science.count"), {"upto": 300})).result == 62


def test_every_example_is_run() -> None:
    run = ("# billing.py", "orders.book", "mail.send", "reports.build", "images.shrink", "orders.pay", "science.count")
    assert all(any(words in block for words in run) for block in BLOCKS)
    assert len(BLOCKS) == len(run)
