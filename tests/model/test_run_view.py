"""A run as ``advance`` sees it."""

from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import NodeState, NodeView, RunState, RunView

VIEW = RunView(
    "r", "t", "w", 3, "v", RunState.RUNNING, {"a": 1}, {"type": "t"}, "c", 7, None, None, "each", {"item": 1}
)


def test_a_run_further_on_is_the_same_run() -> None:
    error, nodes = ErrorInfo("boom", "it broke"), {"a": NodeView(NodeState.ACTIVE)}
    changes = (RunState.PAUSED, error, RunState.FAILED, nodes, {"a": 1}, {"b": 2})
    names = ("state", "failure", "ending", "nodes", "outputs", "errors")
    assert VIEW.advanced(*changes) == VIEW._replace(**dict(zip(names, changes, strict=True)))  # type: ignore[arg-type]
    assert len(VIEW) == 17


def test_a_run_fails_until_it_compensates_or_has_ended() -> None:
    failing = VIEW._replace(failure=ErrorInfo("boom", "it broke"))
    undoing = failing._replace(ending=RunState.FAILED)
    ended = undoing._replace(state=RunState.FAILED)
    assert [(view.failing, view.compensating) for view in (VIEW, failing, undoing, ended)] == [
        (False, False),
        (True, False),
        (False, True),
        (False, False),
    ]
