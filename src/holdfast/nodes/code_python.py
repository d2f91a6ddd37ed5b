"""``code.python``: a few lines of Python in a sandbox, without files, network, environment or secrets.

The code sees its ``inputs``; the output is the value of its last expression, or else its variable ``result``. What it
prints becomes lines of the log. Whatever the code does wrong is final: the same code would do it again. Without the
extra ``code`` the kind is known, so that definitions validate, and its attempts fail with the way to install it.

Modes: untested (nothing has run yet), open, switched off. Before the first attempt the sandbox proves itself against
``code_escapes``. When one of those passes, the kind is switched off in this process for good: each attempt fails and
says so, and so does the process's health.
"""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Final

import structlog

from holdfast.failures import MESSAGE_LIMIT
from holdfast.model.instant import SECOND, parse_duration
from holdfast.model.json import MAX_DEPTH, JSONObject, pointer, problems_of
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.node import DURATION_PATTERN, DURATION_RULE, as_text, failed, object_schema, wrong_params
from holdfast.ports import NodeContext

if TYPE_CHECKING:
    from holdfast.nodes.code_sandbox import CodeError, Sandbox

LONGEST: Final = 60 * SECOND
DEFAULT_MEMORY: Final = 64
MOST_MEMORY: Final = 512
MOST_LINES: Final = 200
INSTALL: Final = "code.python needs its sandbox: pip install 'holdfast[code]'"
_MEGABYTE: Final = 1024 * 1024
_SANDBOX: Final = "holdfast.nodes.code_sandbox"
_ESCAPES: Final = "holdfast.nodes.code_escapes"
_log = structlog.get_logger("holdfast.nodes.code_python")

SPEC: Final = NodeSpec(
    type="code.python",
    title="Python code",
    description="Runs Python in a sandbox, with what you give it and nothing else.",
    icon="file-code-2",
    category="Code",
    timeout=120 * SECOND,
    params=object_schema(
        {
            "code": {
                "type": "string",
                "title": "Code",
                "description": "Python without files and network. The last expression, or the variable result, is the "
                "output. Two braces start an expression of the workflow.",
                "minLength": 1,
                "maxLength": 100_000,
                "examples": ["sum(line['price'] * line['count'] for line in inputs['lines'])"],
            },
            "inputs": {
                "type": "object",
                "title": "Inputs",
                "description": "What the code reads, as inputs['name'].",
                "examples": [{"lines": "{{ input.lines }}"}],
            },
            "timeout": {
                "type": "string",
                "title": "Timeout",
                "description": "How long the code may compute, at most 60s.",
                "pattern": DURATION_PATTERN,
                "x-holdfast-message": DURATION_RULE,
                "default": "1s",
            },
            "memory": {
                "type": "integer",
                "title": "Memory",
                "description": "How much the code may use, in MB.",
                "minimum": 1,
                "maximum": MOST_MEMORY,
                "default": DEFAULT_MEMORY,
            },
        },
        ("code",),
    ),
    example={
        "code": "total = sum(line['price'] * line['count'] for line in inputs['lines'])\n{'total': total}",
        "inputs": {"lines": [{"price": 12, "count": 2}, {"price": 5, "count": 1}]},
    },
)


class CodePython:
    """Holds the sandbox's processes, from the first attempt to ``close``. ``trouble``: why it is switched off."""

    spec = SPEC

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._testing = asyncio.Lock()
        self._tested = False
        self.trouble: str | None = None

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            limit = parse_duration(as_text(params.get("timeout", "1s")))
        except ValueError as error:
            return wrong_params(f"timeout: {error}")
        if not 0 < limit <= LONGEST:
            return wrong_params("timeout: must be more than nothing and at most 60s")
        sandbox = self._opened()
        if sandbox is None:
            return failed("not_installed", INSTALL, final=True)
        inputs, memory = params.get("inputs"), params.get("memory")
        try:
            if await self.test() is not None:
                return failed("switched_off", f"code.python is switched off: {self.trouble}", final=True)
            ran = await sandbox.run(
                as_text(params.get("code")),
                inputs if isinstance(inputs, dict) else {},
                limit=limit,
                memory=_MEGABYTE * (memory if isinstance(memory, int) else DEFAULT_MEMORY),
            )
        except ConnectionError as error:
            return failed("sandbox", str(error))
        _tell(context, ran.printed)
        return _value(ran.value) if ran.error is None else _failure(ran.error)

    async def test(self) -> str | None:
        """Has the sandbox prove itself, once; gives ``trouble``. Raises ``ConnectionError`` when that can't be told."""
        async with self._testing:
            sandbox = None if self._tested else self._opened()
            if sandbox is not None:
                found = await importlib.import_module(_ESCAPES).passed(sandbox)
                self._tested = True
                if found:
                    self.trouble = f"its sandbox let this through: {', '.join(found)}"
                    _log.error("code.python is switched off", passed=found)
        return self.trouble

    @property
    def is_installed(self) -> bool:
        return self._opened() is not None

    async def close(self) -> None:
        """Ends the sandbox's processes."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            await sandbox.close()

    def _opened(self) -> "Sandbox | None":
        if self._sandbox is None:
            try:
                self._sandbox = importlib.import_module(_SANDBOX).Sandbox()
            except ModuleNotFoundError as error:
                if error.name != "pydantic_monty":
                    raise
        return self._sandbox


def _value(value: Any) -> Outcome:
    result = _plain(value, MAX_DEPTH)
    problems = problems_of(result, ("result",))
    if problems:
        return failed("result", f"{pointer(problems[0][0])}: {problems[0][1]}", final=True)
    return Succeeded(result)


def _plain(value: Any, depth: int) -> Any:
    """Tuples as lists; what lies deeper than JSON may is left, and refused later."""
    if depth < 0:
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    return value


def _failure(error: "CodeError") -> Failed:
    kind = {"TimeoutError": "timeout", "MemoryError": "memory"} if error.is_limit else {}
    place = "" if error.line is None else f"line {error.line}: "
    text = f"{place}{error.kind}: {error.text}".replace("\0", "")[:MESSAGE_LIMIT]
    return failed(kind.get(error.kind, "code"), text, final=True, exception=error.kind, line=error.line)


def _tell(context: NodeContext, printed: str) -> None:
    """Writes what the code printed, line by line, up to a bound."""
    lines = printed.splitlines()
    for line in lines[:MOST_LINES]:
        _log.info("code printed", line=line, job_id=context.job_id, run_id=context.run_id, node_id=context.node_id)
    if len(lines) > MOST_LINES:
        _log.info("code printed more", lines=len(lines) - MOST_LINES, job_id=context.job_id)
