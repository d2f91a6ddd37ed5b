"""What ``holdfast doctor`` says of ``code.python``: its sandbox is tested here as a worker tests it."""

from holdfast.cli.check import Check
from holdfast.nodes.code_python import CodePython

_NAME = "code sandbox"


async def code_check() -> Check:
    """Whether code of workflows would run here, and stay inside."""
    node = CodePython()
    if not node.is_installed:
        return Check(_NAME, "ok", "not installed; code.python needs `pip install 'holdfast[code]'`")
    try:
        trouble = await node.test()
    except ConnectionError as error:
        return Check(_NAME, "warn", f"{error}; code.python runs nothing until that can be told", "Look again.")
    finally:
        await node.close()
    if trouble is None:
        return Check(_NAME, "ok", "no attempt to leave it passed")
    hint = "Workers that find the same switch code.python off. Install another pydantic-monty, and report it."
    return Check(_NAME, "fail", trouble, hint)
