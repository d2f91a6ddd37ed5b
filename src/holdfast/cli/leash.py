"""What ties a child process to its supervisor: a socket whose other end only the supervisor holds.

Over it the child says once that it is ready. When the supervisor is gone, however it ended, the kernel closes its end:
the child then tells itself to stop, gracefully, and is ended hard once its patience is over. So no child outlives a
supervisor that was killed, on any system, and the jobs that it ran are given back where that is possible.
"""

import os
import signal
import socket
import threading
from contextlib import suppress
from typing import Final

READY: Final = b"r"
_ORPHANED: Final = 1


class Leash:
    """The child's end. ``patience``: seconds from the supervisor's end to the hard one of this process."""

    def __init__(self, descriptor: int, patience: float) -> None:
        os.set_inheritable(descriptor, False)
        self._socket = socket.socket(fileno=descriptor)
        self._patience = patience

    def watch(self) -> None:
        threading.Thread(target=self._wait_for_its_end, name="leash", daemon=True).start()

    def ready(self) -> None:
        """Tells the supervisor that this process works now."""
        with suppress(OSError):  # gone: the watching thread sees to that
            self._socket.send(READY)

    def _wait_for_its_end(self) -> None:
        with suppress(OSError):
            while self._socket.recv(1):
                pass
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(self._patience)
        os._exit(_ORPHANED)
