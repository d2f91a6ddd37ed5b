"""These scenarios harm processes by means that only Linux has (``/proc``, ``prlimit``); elsewhere none is collected."""

import sys

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]
