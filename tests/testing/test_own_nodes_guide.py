"""The examples of the page about node kinds of one's own, from its own text."""

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import holdfast.testing
from holdfast.model.errors import Invalid
from holdfast.sdk.shapes import Job

GUIDE = (Path(__file__).parents[2] / "docs" / "own-nodes.md").read_text()
BLOCKS = [str(block) for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)]
(WORKFLOW,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)

Example = Callable[[str], ModuleType]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Example:
    """Imports the page's code block that holds these words, as the module ``acme``."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def imported(words: str) -> ModuleType:
        (block,) = [block for block in BLOCKS if words in block]
        (tmp_path / "acme.py").write_text(block)
        monkeypatch.delitem(sys.modules, "acme", raising=False)
        return __import__("acme")

    return imported


async def done(module: ModuleType, kind: str, *payloads: dict[str, object]) -> list[Job]:
    async with holdfast.testing.engine(tasks=[module]) as hf:
        jobs = [await hf.enqueue(kind, payload) for payload in payloads]
        await hf.drain()
        return [await hf.job(job) for job in jobs]


async def test_the_function_in_its_workflow(example: Example) -> None:
    async with holdfast.testing.engine(tasks=[example("# acme.py")]) as hf:
        await hf.apply(WORKFLOW)
        run = await hf.start("price", {"price": 20})
        await hf.drain()
        assert (await hf.run(run)).output == 22.0
        with pytest.raises(Invalid) as caught:
            await hf.apply(WORKFLOW.replace("USD", "DM"))
        (problem,) = caught.value.problems
        assert f"`{problem.path}: {problem.message}`" in GUIDE


async def test_ports_and_events(example: Example) -> None:
    async with holdfast.testing.engine(tasks=[example("acme.stock")]) as hf:
        await hf.apply(
            {
                "holdfast": 1,
                "name": "order",
                "nodes": [
                    {"id": "look", "type": "acme.stock", "params": {"article": "{{ input.article }}"}},
                    {"id": "sell", "type": "noop"},
                    {"id": "order", "type": "noop"},
                ],
                "edges": [{"from": "look.there", "to": "sell"}, {"from": "look.sold_out", "to": "order"}],
            }
        )
        for article, taken in (("lamp", "sell"), ("chair", "order")):
            run = await hf.start("order", {"article": article})
            await hf.drain()
            nodes = (await hf.run(run)).nodes
            assert [name for name in ("sell", "order") if nodes[name]["state"] == "SUCCEEDED"] == [taken]


async def test_the_class(example: Example) -> None:
    jobs = await done(example("acme.counter"), "acme.counter", {"by": 2}, {})
    assert sorted(int(str(job.result)) for job in jobs) in ([1, 3], [2, 3])


async def test_the_whole_attempt(example: Example) -> None:
    opened, locked = await done(example("acme.door"), "acme.door", {"door": "front"}, {"door": "cellar"})
    assert opened.result == {"open": "front", "key": opened.id}
    assert (locked.state, locked.error) == ("FAILED", {"type": "locked", "message": "the cellar is locked"})


async def test_the_test_itself(example: Example) -> None:
    example("# acme.py")
    (block,) = [block for block in BLOCKS if "test_converting" in block]
    names: dict[str, object] = {}
    exec(compile(block, "own-nodes.md", "exec"), names)
    test = names["test_converting"]
    assert inspect.iscoroutinefunction(test)
    await test()


async def test_the_task_class(example: Example) -> None:
    (job,) = await done(example("my_custom_task"), "task:my_custom_task", {"name": "Ada"})
    assert (job.state, job.result) == ("SUCCEEDED", {"hello": "Ada"})
