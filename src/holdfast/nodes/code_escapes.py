"""The self-test of ``code.python``'s sandbox: code that tries to get out, or to take more than it is given.

``passed`` runs all of it in the sandbox that real code would run in, within a tenth of a second or so. What ends other
than refused has passed, and whoever asked must let no code run there any more. A sandbox that can't be asked (its
process dies, even honest code fails, the machine is too busy to tell) raises ``ConnectionError``: nothing is known, so
nothing may run yet, and the next one asks again.

The attempts name things that surely exist (this file, a folder made for them, the search path), so that nothing is
refused only because it isn't there.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.nodes.code_sandbox import Ran

_MEMORY: Final = 4 * 1024 * 1024
_BRIEFLY: Final = 20 * MILLISECOND
_HONEST: Final = "inputs['n'] * 2"
_ESCAPED: Final = "escaped"


@dataclass(frozen=True, slots=True)
class Escape:
    """One attempt. ``exhausts``: it never ends by itself, and only a limit ends it."""

    name: str
    code: str
    exhausts: bool = False


ESCAPES: Final = (
    Escape("read a file", "open(inputs['file']).close()"),
    Escape("read a file by its path", "import pathlib\npathlib.Path(inputs['file']).read_text()"),
    Escape("write a file", f"open(inputs['folder'] + '/{_ESCAPED}', 'w').close()"),
    Escape("list a folder", "import os\nos.listdir(inputs['folder'])"),
    Escape("read the environment", "import os\nos.environ['PATH']"),
    Escape("read a variable", "import os\nos.getenv('PATH') or undefined"),
    Escape("run a command", "import os\nos.system('true')"),
    Escape("fork", "import os\nassert os.fork() or os._exit(0) is None"),
    Escape("start a process", "import subprocess\nsubprocess.run(['true'])"),
    Escape("open a socket", "import socket\nsocket.socket()"),
    Escape("call C", "import ctypes\nctypes.CDLL(None)"),
    Escape("start a thread", "import threading\nthreading.Thread(target=print).start()"),
    Escape("import by name", "__import__('os').getpid()"),
    Escape("import by a library", "import importlib\nimportlib.import_module('os')"),
    Escape("import this project", "import holdfast"),
    Escape("reach all classes", "().__class__.__base__.__subclasses__()"),
    Escape("reach a function's globals", "(lambda: 0).__globals__"),
    Escape("reach all modules", "import sys\nsys.modules['os']"),
    Escape("reach the caller's frame", "import sys\nsys._getframe()"),
    Escape("reach all objects", "import gc\ngc.get_objects()"),
    Escape("reach attributes by a format", "'{0.__class__.__mro__}'.format(())"),
    Escape("leave by evaluated text", "eval('__import__(\"os\").getpid()')"),
    Escape("loop for ever", "while True:\n    pass", exhausts=True),
    Escape("sleep", "import time\ntime.sleep(9)", exhausts=True),
    Escape("fill the memory", "x = []\nwhile True:\n    x.append('some text')", exhausts=True),
    Escape("ask for much memory at once", "x = 'x' * 50_000_000\nlen(x)", exhausts=True),
    Escape("make a huge number", "x = 2 ** 10 ** 9\n1", exhausts=True),
    Escape("recurse for ever", "def f(n):\n    return f(n + 1)\n\nf(0)", exhausts=True),
    Escape("print for ever", "while True:\n    print('some text')", exhausts=True),
)


class Runs(Protocol):
    """A sandbox, as far as it is tested."""

    async def run(self, code: str, inputs: dict[str, Any], *, limit: Micros, memory: int) -> Ran: ...


async def passed(sandbox: Runs) -> list[str]:
    """The names of the attempts that were not refused. Raises ``ConnectionError`` when that can't be told."""
    honest = await sandbox.run(_HONEST, {"n": 21}, limit=SECOND, memory=_MEMORY)
    if honest.error is not None or honest.value != 42:
        raise ConnectionError("the sandbox doesn't run even honest code")
    with TemporaryDirectory() as folder:
        inputs = {"file": __file__, "folder": folder}
        refused = await asyncio.gather(*(_is_refused(sandbox, escape, inputs) for escape in ESCAPES))
        wrote = _wrote(folder)
    out = [escape.name for escape, held in zip(ESCAPES, refused, strict=True) if not held]
    return [*out, "leave a file behind"] if wrote else out


def _wrote(folder: str) -> bool:
    return (Path(folder) / _ESCAPED).exists()


async def _is_refused(sandbox: Runs, escape: Escape, inputs: dict[str, Any]) -> bool:
    limit = _BRIEFLY if escape.exhausts else SECOND
    error = (await sandbox.run(escape.code, inputs, limit=limit, memory=_MEMORY)).error
    if error is None:
        return False
    if escape.exhausts:
        return error.is_limit or error.kind == "RecursionError"
    if error.is_limit:
        raise ConnectionError(f"the sandbox is too slow to be tested ({escape.name})")
    return True
