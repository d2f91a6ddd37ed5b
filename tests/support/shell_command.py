"""The `holdfast` command for shell scripts, run by the test's own process: a script has many, and each starts at once.

`holdfast` on the script's PATH is a small program that hands its arguments, environment, folder and input over a
socket, and gives back what came of it. Commands that can't run inside another process it runs as themselves.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, UnixStreamServer
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

from tests.cli.in_process import ends_by_itself, run_as
from tests.support.process import COMMAND

_PROGRAM: Final = """#!{python} -IS
import json, os, socket, sys
here, real = {socket!r}, {command!r}
asked = socket.socket(socket.AF_UNIX)
asked.connect(here)
with asked.makefile("rwb") as file:
    given = "" if os.isatty(0) else sys.stdin.buffer.read().decode("latin-1")
    call = dict(arguments=sys.argv[1:], variables=dict(os.environ), folder=os.getcwd(), given=given)
    file.write(json.dumps(call).encode() + b"\\n")
    file.flush()
    done = json.loads(file.readline())
if done is None:
    os.execv(real, [real, *sys.argv[1:]])
sys.stdout.buffer.write(done["out"].encode("latin-1"))
sys.stdout.flush()
sys.stderr.buffer.write(done["err"].encode("latin-1"))
sys.exit(done["status"])
"""


class _Call(StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(json.dumps(_answer(json.loads(self.rfile.readline()))).encode() + b"\n")


def _answer(call: dict[str, object]) -> dict[str, object] | None:
    arguments, variables = call["arguments"], call["variables"]
    assert isinstance(arguments, list)
    assert isinstance(variables, dict)
    if not ends_by_itself(tuple(arguments)):
        return None
    done = run_as(tuple(arguments), variables, Path(str(call["folder"])), str(call["given"]).encode("latin-1"))
    return {"status": done.returncode, "out": done.stdout.decode("latin-1"), "err": done.stderr.decode("latin-1")}


@contextmanager
def command_for_scripts() -> Iterator[Path]:
    """The folder that has the command, while this runs."""
    with TemporaryDirectory(prefix="holdfast-") as name:  # a socket's path must be short
        folder = Path(name)
        socket = folder / "calls"
        program = folder / "holdfast"
        program.write_text(_PROGRAM.format(python=sys.executable, socket=str(socket), command=str(COMMAND)))
        program.chmod(0o700)
        with UnixStreamServer(str(socket), _Call) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield folder
            finally:
                server.shutdown()
                thread.join()
