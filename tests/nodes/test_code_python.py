"""``code.python`` in its real sandbox: what it gives, how it fails, and what hostile code can't do."""

import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from holdfast.model.json import JSON, JSONObject, problems_of
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes import code_python
from holdfast.nodes.code_python import SPEC, CodePython
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from tests.support.waiting import eventually


@pytest.fixture
async def node() -> AsyncIterator[CodePython]:
    made = CodePython()
    yield made
    await made.close()


async def value(node: CodePython, context: NodeContext, code: str, **params: Any) -> JSON:
    given: JSONObject = {"code": code, **params}
    assert JsonSchemas().check(SPEC.params, given) == []
    outcome = await node.execute(context, given)
    assert isinstance(outcome, Succeeded), outcome
    assert problems_of(outcome.result) == []
    return outcome.result


async def failure(node: CodePython, context: NodeContext, code: str, **params: Any) -> Failed:
    outcome = await node.execute(context, {"code": code, **params})
    assert isinstance(outcome, Failed), outcome
    assert outcome.final
    return outcome


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("1 + 1", 2),
        ("x = 3\nx * 2", 6),
        ("result = {'a': [1, 2.5, None, True]}", {"a": [1, 2.5, None, True]}),
        ("result = 1\nresult + 1", 2),
        ("result = 5\nprint('done')", 5),
        ("x = 1", None),
        ("(1, ('a', 2))", [1, ["a", 2]]),
        ("def double(n):\n    return 2 * n\n\n[double(n) for n in range(3)]", [0, 2, 4]),
        ("import json\njson.loads('{\"a\": 1}')", {"a": 1}),
        ("import re\nre.findall('[0-9]+', 'a1b22')", ["1", "22"]),
    ],
)
async def test_the_output_is_the_last_value_or_the_result(
    code: str, result: JSON, node: CodePython, context: NodeContext
) -> None:
    assert await value(node, context, code) == result


async def test_code_reads_its_inputs_and_nothing_else(node: CodePython, context: NodeContext) -> None:
    inputs = {"name": "Ada", "deep": {"list": [1, {"a": None}]}}
    assert await value(node, context, "inputs", inputs=inputs) == inputs
    assert await value(node, context, "inputs") == {}
    assert (await failure(node, context, "name", inputs=inputs)).error.details["exception"] == "NameError"


async def test_nothing_is_left_for_the_next_run(node: CodePython, context: NodeContext) -> None:
    await value(node, context, "kept = 1\nresult = 2")
    assert (await failure(node, context, "kept")).error.details["exception"] == "NameError"
    assert await value(node, context, "x = 1") is None


@pytest.mark.parametrize(
    ("code", "line", "message"),
    [
        ("1/0", 1, "line 1: ZeroDivisionError: division by zero"),
        ("x = 1\n\ndef f():\n    return x + 'a'\n\nf()", 4, "line 4: TypeError: "),
        ("x = 1\ny = = 2", 2, "line 2: SyntaxError: "),
        ("raise ValueError('no\\0pe')", 1, "line 1: ValueError: nope"),
        ("raise TimeoutError('of my own')", 1, "line 1: TimeoutError: of my own"),
        ("x = 0\nyield x", 2, "line 2: NotImplementedError: "),
    ],
)
async def test_an_error_names_its_line(
    code: str, line: int, message: str, node: CodePython, context: NodeContext
) -> None:
    failed = await failure(node, context, code)
    assert failed.error.type == "code"
    assert failed.error.message.startswith(message)
    assert failed.error.details["line"] == line
    assert problems_of(failed.error.as_json()) == []


async def test_a_long_error_is_cut(node: CodePython, context: NodeContext) -> None:
    assert len((await failure(node, context, "raise ValueError('x' * 100000)")).error.message) <= 2_000


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("{1, 2}", "result: is not JSON but set"),
        ("{'a': b'x'}", "result.a: is not JSON but bytes"),
        ("[float('nan')]", "result[0]: is not a finite number"),
        ("10 ** 30", "result: is an integer outside 64 bits"),
        ("{1: 2}", "result: key is not text but int"),
        ("class A:\n    pass\n\nA()", "result: is not JSON but MontyClassProxy"),
        ("open", "result: is not JSON but MontyStdTypeProxy"),
        ("x = []\nfor i in range(1000):\n    x = [x]\n\nx", "nested deeper"),
        ("x = []\nfor i in range(100000):\n    x = (x,)\n\nx", ""),
        ("'a\\0b'", "result: contains NUL"),
    ],
)
async def test_a_value_that_is_not_portable_is_refused(
    code: str, message: str, node: CodePython, context: NodeContext
) -> None:
    failed = await failure(node, context, code)
    assert failed.error.type == "result" or not message
    assert message in failed.error.message


async def test_what_is_printed_goes_to_the_log(node: CodePython, context: NodeContext) -> None:
    with capture_logs() as logs:
        assert await value(node, context, "print('one')\nprint('two', 2)\n7") == 7
        await failure(node, context, "print('before')\n1/0")
    assert [entry["line"] for entry in logs] == ["one", "two 2", "before"]
    assert {entry["run_id"] for entry in logs} == {context.run_id}


async def test_many_lines_are_told_up_to_a_bound(node: CodePython, context: NodeContext) -> None:
    with capture_logs() as logs:
        await value(node, context, "for i in range(300):\n    print(i)")
    assert len(logs) == code_python.MOST_LINES + 1
    assert logs[-1]["lines"] == 100


HOSTILE = [
    # One operation of the interpreter that looks at no clock: the process is killed.
    ("x = 7 ** 20_000_000\n1", "timeout"),
    ("while True:\n    pass", "timeout"),
    ("sum(range(10 ** 12))", "timeout"),
    (
        "def f():\n    try:\n        while True:\n            pass\n    except BaseException:\n        f()\n\nf()",
        "timeout",
    ),
    ("x = [0] * 10 ** 9", "memory"),
    ("x = 'a'\nwhile True:\n    x += x", "memory"),
    ("'x' * 50_000_000", "memory"),
    ("2 ** 10 ** 9", "memory"),
    ("x = []\nwhile True:\n    x.append('some text')", "memory"),
    ("print('x' * 1_000_000)", "memory"),
    ("while True:\n    print('some text')", "memory"),
    ("import time\ntime.sleep(30)", "timeout"),
    ("def f(n):\n    return f(n + 1)\n\nf(0)", "code"),
    ("import re\nre.match('(a+)+$', 'a' * 5000 + 'b')\nwhile True:\n    pass", "timeout"),
]


@pytest.mark.parametrize(("code", "kind"), HOSTILE, ids=[code.splitlines()[-1] for code, _ in HOSTILE])
async def test_code_that_takes_too_much_is_stopped(
    code: str, kind: str, node: CodePython, context: NodeContext
) -> None:
    # On a busy machine the memory may take a while to fill. Printing fills it at once, but is let run to the timeout.
    timeout = "300ms" if kind == "timeout" else "2s" if "print" in code else "20s"
    assert (await failure(node, context, code, timeout=timeout)).error.type == kind
    assert await value(node, context, "1 + 1") == 2


ESCAPES = [
    "import os\nos.listdir('/')",
    "import os\nos.environ['PATH']",
    "import os\nos.getenv('PATH') or undefined",
    "import os\nos.system('id')",
    "open('/etc/passwd').read()",
    "open('out', 'w').write('x')",
    "import pathlib\npathlib.Path('/etc/passwd').read_text()",
    "import pathlib\npathlib.Path('.').resolve().iterdir().__next__()",
    "import socket",
    "import subprocess",
    "import ctypes",
    "import urllib.request",
    "import asyncio\nawait asyncio.open_connection('127.0.0.1', 22)",
    "import holdfast",
    "import importlib\nimportlib.import_module('os')",
    "__import__('os').system('id')",
    "().__class__.__base__.__subclasses__()",
    "(lambda: 0).__globals__['__builtins__']",
    "import sys\nsys.modules['os']",
    "import sys\nsys._getframe().f_back",
    "import gc\ngc.get_objects()",
    'eval(\'__import__("os").system("id")\')',
]


@pytest.mark.parametrize("code", ESCAPES)
async def test_code_cannot_leave_the_sandbox(
    code: str, node: CodePython, context: NodeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (await failure(node, context, code)).error.type == "code"
    assert list(tmp_path.glob("*")) == []  # noqa: ASYNC240 - a look into a folder of the test's own
    assert await value(node, context, "1 + 1") == 2


def children() -> list[Path]:
    """The sandbox processes of this one, as Linux shows them."""
    return [folder for folder in Path("/proc").glob("[0-9]*") if _is_child(folder)]


def _is_child(folder: Path) -> bool:
    try:
        return _stat(folder)[1] == str(os.getpid()) and (folder / "comm").read_text().strip() == "monty"
    except OSError:
        return False


def _stat(folder: Path) -> list[str]:
    """What follows the name: state, parent, …, and the ticks that it computed as the twelfth; zeros when it is gone."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 12


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


@needs_proc
async def test_the_process_has_no_environment_of_ours(
    node: CodePython, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "s3cr3t-value")
    await value(node, context, "1")
    seen = [(folder / "environ").read_bytes() for folder in children()]
    assert seen
    assert not any(b"s3cr3t-value" in environment for environment in seen)


@needs_proc
async def test_a_cancelled_run_is_killed_and_others_go_on(node: CodePython, context: NodeContext) -> None:
    endless: JSONObject = {"code": "while True:\n    pass", "timeout": "50s"}
    running = [asyncio.create_task(node.execute(context, endless)) for _ in range(2 * (os.cpu_count() or 1))]
    await eventually(lambda: any(int(_stat(folder)[11]) > 2 for folder in children()))
    busy = children()
    for task in running:
        task.cancel()
    ended = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    await eventually(lambda: not any(_is_child(folder) and _stat(folder)[0] == "R" for folder in busy))
    assert await value(node, context, "2 + 2") == 4


@needs_proc
async def test_closing_ends_the_processes(context: NodeContext) -> None:
    node = CodePython()
    await value(node, context, "1")
    assert children()
    await node.close()
    await eventually(lambda: not children())
    assert await value(node, context, "1") == 1
    await node.close()


async def test_many_runs_at_once_each_get_their_own(node: CodePython, context: NodeContext) -> None:
    ran = await asyncio.gather(*(value(node, context, "inputs['n'] * 2", inputs={"n": n}) for n in range(50)))
    assert ran == [n * 2 for n in range(50)]


@pytest.mark.parametrize(
    ("params", "message"),
    [({"timeout": "61s"}, "at most 60s"), ({"timeout": "0s"}, "more than nothing"), ({"timeout": "soon"}, "timeout: ")],
)
async def test_bounds_can_be_raised_only_so_far(
    params: JSONObject, message: str, node: CodePython, context: NodeContext
) -> None:
    failed = await failure(node, context, "1", **params)
    assert (failed.error.type, message in failed.error.message) == ("params", True)
    assert JsonSchemas().check(SPEC.params, {"code": "1", "memory": code_python.MOST_MEMORY + 1}) != []


async def test_memory_can_be_raised(node: CodePython, context: NodeContext) -> None:
    code = "len('x' * 100_000_000)"
    assert (await failure(node, context, code)).error.type == "memory"
    assert await value(node, context, code, memory=256) == 100_000_000


async def test_without_the_extra_the_way_to_install_it_is_told(
    node: CodePython, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    monkeypatch.delitem(sys.modules, "holdfast.nodes.code_sandbox", raising=False)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("holdfast.nodes.code_sandbox")
    failed = await failure(node, context, "1")
    assert failed.error.type == "not_installed"
    assert "pip install 'holdfast[code]'" in failed.error.message
