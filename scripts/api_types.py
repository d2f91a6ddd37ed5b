"""The console's types of the API: from our OpenAPI description to `web/src/api/schema.ts`.

The generated file is committed, so that the console builds without Python. Run from the project's root:
`python -m scripts.api_types` writes it, `--check` fails when it isn't what the description says now. Without npm, or
with a Node.js that is too old, nothing is done and the reason is told.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from holdfast.http.app import ROUTERS
from holdfast.http.openapi import describe
from scripts.console import install_modules, node_problem, npm, tell

SCHEMA: Final = Path("src/api/schema.ts")


def described_shapes() -> dict[str, Any]:
    """The description without its paths: the console names shapes, and writes its addresses itself."""
    application = FastAPI()
    for router in ROUTERS:
        application.include_router(router)
    described = describe(application)
    return {"openapi": described["openapi"], "info": described["info"], "paths": {}, "components": _shapes(described)}


def _shapes(described: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": dict(sorted(described["components"]["schemas"].items()))}


def generate(root: Path, target: Path) -> None:
    """Write the types of today's description to ``target``."""
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "openapi.json"
        description.write_text(json.dumps(described_shapes()))
        npm(root, "exec", "--", "openapi-typescript", str(description), "--output", str(target))


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    if problem := node_problem():
        tell(f"The console's types are left out: {problem}.")
        return 0
    install_modules(root)
    if "--check" not in sys.argv[1:]:
        generate(root, root / "web" / SCHEMA)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "schema.ts"
        generate(root, fresh)
        if fresh.read_text() == (root / "web" / SCHEMA).read_text():
            return 0
    tell(f"web/{SCHEMA} isn't what the API says: run `python -m scripts.api_types`.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
