"""The driver is an extra: without it nothing but using Redis fails, with words that say the way out."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = """
import sys
sys.modules["redis"] = None  # what the interpreter does for a package that isn't there
import holdfast.compose, holdfast.settings
from holdfast.model.errors import Invalid
from holdfast.streams.link import Link
holdfast.settings.load(redis_url="redis://localhost/0")
try:
    Link("redis://localhost/0", "a secret key of thirty-two letters")
except Invalid as error:
    print(error)
"""

UNUSED = """
import sys
import holdfast.compose, holdfast.cli.main
print(sorted(name for name in sys.modules if name.split(".")[0] in ("redis", "hiredis")))
"""


def said_by(source: str) -> str:
    return subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True, timeout=50).stdout


def test_without_the_driver_the_extra_is_named() -> None:
    assert 'pip install "holdfast[redis]"' in said_by(WITHOUT)


def test_the_driver_is_loaded_only_when_it_is_used() -> None:
    assert said_by(UNUSED).strip() == "[]"
