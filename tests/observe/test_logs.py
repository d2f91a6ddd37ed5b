"""Logs as a process writes them: one line each, levels kept, tracebacks without the values of variables."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import logging, structlog
from holdfast.observe.logs import configure
configure({format!r}, "info")
log = structlog.get_logger("a")
log.debug("hidden")
log.info("told", job="j-1", nothing=None)
logging.getLogger("library").warning("from %s", "outside")
def fails(password):
    raise ValueError("it broke")
try:
    fails("hunter2-" + "planted")
except ValueError:
    log.exception("failed")
    logging.getLogger("library").exception("failed there")
"""


def written(log_format: str) -> str:
    script = SCRIPT.format(format=log_format)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == ""
    return done.stderr


def test_json_is_one_object_a_line() -> None:
    lines = [json.loads(line) for line in written("json").splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("told", "info"),
        ("from outside", "warning"),
        ("failed", "error"),
        ("failed there", "error"),
    ]
    assert lines[0]["job"] == "j-1"
    assert lines[2]["exception"][0]["exc_type"] == "ValueError"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_values(log_format: str) -> None:
    text = written(log_format)
    assert "it broke" in text
    assert "fails" in text
    assert "planted" not in text.replace('fails("hunter2-" + "planted")', "")
