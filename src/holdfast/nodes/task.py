"""``task``: runs one of your own Python functions. The kind of its jobs is ``task:<name>``.

In a workflow the parameters are ``{name, args}``, of which the handler gets ``args``; a lone job's payload is the
arguments. An error that the function raises is a failure of that class's name; wrong arguments and a result that isn't
JSON are final.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

from holdfast.model.json import JSONObject, pointer, problems_of
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.node import failed, object_schema, wrong_params
from holdfast.nodes.threads import in_thread
from holdfast.ports import NodeContext
from holdfast.tasks import FinalError, RetryLater, Task, running_context

MAX_MESSAGE: Final = 1_000

SPEC: Final = NodeSpec(
    type="task",
    title="Python task",
    description="Runs one of your own Python functions.",
    icon="square-function",
    category="Code",
    params=object_schema(
        {
            "name": {
                "type": "string",
                "title": "Name",
                "description": "The task's name, as a worker knows it.",
                "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$",
                "examples": ["billing.recalculate"],
            },
            "args": {
                "type": "object",
                "title": "Arguments",
                "description": "Keyword arguments of the function.",
                "default": {},
                "examples": [{"customer": "{{ input.customer }}"}],
            },
        },
        ("name",),
    ),
    example={"name": "billing.recalculate", "args": {"customer": "c-1", "month": "2026-01"}},
)


class TaskNode:
    """One task as a node kind. Its schema is open: the function's signature says which arguments it takes."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._signature = inspect.signature(task.function)
        self.spec = NodeSpec(
            type=task.kind,
            title=task.name,
            description=task.description,
            icon=SPEC.icon,
            category=SPEC.category,
            params={"type": "object"},
        )

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            self._signature.bind(**params)
        except TypeError as error:
            return wrong_params(f"{self._task.name}: {error}")
        try:
            result = await _call(self._task.function, context, params)
        except Exception as error:
            return _failure(error)
        if problems := problems_of(result):
            path, sentence = problems[0]
            return failed("result", f"{pointer(('result', *path))} {sentence}", final=True)
        return Succeeded(result)


async def _call(function: Callable[..., Any], context: NodeContext, args: JSONObject) -> Any:
    token = running_context.set(context)
    try:
        if inspect.iscoroutinefunction(function):
            return await _shielding_exit(function(**args))
        result, error = await in_thread(lambda: _outcome(function, args))
        if error is not None:
            raise error
        return await _shielding_exit(result) if inspect.isawaitable(result) else result
    finally:
        running_context.reset(token)


def _outcome(function: Callable[..., Any], args: JSONObject) -> tuple[Any, Exception | None]:
    """The error comes as a value: a future can't carry ``StopIteration``, and ``sys.exit`` must not end the thread."""
    try:
        return function(**args), None
    except SystemExit as error:
        return None, _exit_error(error)
    except StopIteration:
        return None, RuntimeError("the task raised StopIteration")
    except BaseException as error:
        return None, error if isinstance(error, Exception) else RuntimeError(f"the task raised {type(error).__name__}")


async def _shielding_exit(awaitable: Any) -> Any:
    """A task that calls ``sys.exit`` fails; it doesn't end the worker."""
    try:
        return await awaitable
    except SystemExit as error:
        raise _exit_error(error) from None


def _exit_error(error: SystemExit) -> RuntimeError:
    return RuntimeError(f"the task called sys.exit({error.code!r})")


def _failure(error: Exception) -> Failed:
    message = str(error)[:MAX_MESSAGE]
    wait = error.delay if isinstance(error, RetryLater) else None
    return failed(type(error).__name__, message, final=isinstance(error, FinalError), retry_after=wait)
