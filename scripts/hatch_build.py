"""Hatch's build hook: packs the console's build with the wheel and the sdist.

The build is git-ignored, so hatch leaves it out unless it is named as an artifact. It is named only when
it answers the sources in `web/`: it is brought up to date first where npm is there, and a stale one is
never packed. Without it the package works, and the server says how to get the console.

An editable install packs nothing, so it builds nothing; `make install` builds the console itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The hook is loaded by its path, outside of any package.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import console


class ConsoleBuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        if console.ensure_built(root):
            build_data["artifacts"].append(f"/{console.output(root).relative_to(root).as_posix()}/")
