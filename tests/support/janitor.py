"""Ends a server and removes its folder when the test process itself is gone, however it died.

A janitor is a small shell that reads from a pipe whose other end only the test process holds. When that
process ends (kill -9 included) the read ends too, and the janitor kills the server and removes the folder.
A server that is stopped in order dismisses its janitor first, which then does nothing.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

# SIGQUIT is PostgreSQL's immediate shutdown and takes its children along; the kill after it is for all else.
SCRIPT = """
read -r word
[ "$word" = dismissed ] && exit 0
kill -QUIT "$1"
for _ in 1 2 3 4 5; do kill -0 "$1" || break; sleep 0.2; done
kill -KILL "$1"
rm -rf "$2"
"""


class Janitor:
    """Watches over one server process and its folder."""

    def __init__(self, pid: int, folder: Path) -> None:
        # Its own session, so that Ctrl-C in the terminal doesn't end it before its work.
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT, "janitor", str(pid), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def dismiss(self) -> None:
        self._shell.communicate(b"dismissed\n")
