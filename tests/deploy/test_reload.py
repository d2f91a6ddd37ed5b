"""A command that starts anew when a source changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.deploy.checks import ROOT
from tests.support.waiting import eventually_sync

RELOAD = ROOT / "scripts" / "reload.py"


def test_a_change_starts_it_anew_and_a_signal_ends_both(tmp_path: Path) -> None:
    source = tmp_path / "src" / "part.py"
    source.parent.mkdir()
    source.write_text("print('first', flush=True)")
    told = tmp_path / "told"
    script = f"exec(open({str(source)!r}).read()); import signal; signal.pause()"
    with told.open("w") as log:
        reload = subprocess.Popen(
            [sys.executable, RELOAD, "--watch", source.parent, "--", sys.executable, "-c", script],
            stdout=log,
            stderr=log,
        )
    try:
        eventually_sync(lambda: "first" in told.read_text(), 20, told.read_text)
        source.write_text("import os; print('second', os.getpid(), flush=True)")
        os.utime(source, (1, 1))  # another time than before, however coarse the file system's clock is
        eventually_sync(lambda: "second" in told.read_text(), 20, told.read_text)
        assert "part.py changed" in told.read_text()
        child = int(told.read_text().split()[-1])
        reload.send_signal(signal.SIGTERM)
        assert reload.wait(20) == 0
        eventually_sync(lambda: not Path(f"/proc/{child}").exists(), 10, told.read_text)
    finally:
        reload.kill()
        reload.wait(10)


def test_without_a_command_it_says_so() -> None:
    done = subprocess.run([sys.executable, RELOAD, "--watch", ".", "--"], capture_output=True, text=True, check=False)
    assert (done.returncode, "name a command to run" in done.stderr) == (2, True)
