"""The driver is an extra: without it nothing but using Redis fails, with words that say the way out."""

from __future__ import annotations

import subprocess
import sys

SOURCE = """
import sys
import holdfast.compose, holdfast.settings
print(sorted(name for name in sys.modules if name.split(".")[0] in ("redis", "hiredis")))
sys.modules["redis"] = None  # what the interpreter does for a package that isn't there
from holdfast.model.errors import Invalid
from holdfast.streams.link import Link
holdfast.settings.load(redis_url="redis://localhost/0")
try:
    Link("redis://localhost/0", "a secret key of thirty-two letters")
except Invalid as error:
    print(error)
"""


def test_it_is_loaded_only_when_it_is_used_and_missing_it_names_the_extra() -> None:
    done = subprocess.run([sys.executable, "-c", SOURCE], check=True, capture_output=True, text=True, timeout=50)
    loaded, told = done.stdout.splitlines()
    assert loaded == "[]"
    assert 'pip install "holdfast[redis]"' in told
