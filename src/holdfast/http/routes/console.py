"""The console under ``/app``: static files of the build, and its index for every address that is one of the page's own.

Public, because the files hold nothing but code; what they show comes from the API. Names under ``assets/`` carry a
hash of their content and may be cached for good, the index never. Without a build a plain page says how to get it.
"""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from holdfast.http.auth import public
from holdfast.http.headers import page_policy
from holdfast.http.services import ServicesDep

router = APIRouter(include_in_schema=False)
CONSOLE: Final = "/app"
_CSP: Final = page_policy()
_HASHED: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_FRESH: Final = {"Cache-Control": "no-cache", "Content-Security-Policy": _CSP}
_MISSING: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Holdfast</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}</style>
<h1>Holdfast is running, without its console</h1>
<p>The console isn't built in this installation. In a clone of the repository, with Node 20 or newer, run
<code>make install</code> (or <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>) and load this page
again.</p>
<p>Everything else works: see <a href="/docs">the API</a> and <a href="/health/ready">its health</a>.</p>
</html>
"""


@router.api_route("/", methods=["GET", "HEAD"])
@public
async def root() -> Response:
    return RedirectResponse(CONSOLE + "/", 307)


@router.api_route(CONSOLE, methods=["GET", "HEAD"])
@public
async def console_root() -> Response:
    return RedirectResponse(CONSOLE + "/", 307)


@router.api_route(CONSOLE + "/{path:path}", methods=["GET", "HEAD"])
@public
async def console(path: str, services: ServicesDep) -> Response:
    """A file of the build, or the index for an address without an extension."""
    index = services.console_dir / "index.html"
    if not index.is_file():
        return HTMLResponse(_MISSING, headers=_FRESH)
    found = _file(services.console_dir, path)
    if found is not None and found != index:
        return FileResponse(found, headers=_HASHED if path.startswith("assets/") else _FRESH)
    if found is None and "." in path.rpartition("/")[2]:
        raise HTTPException(404)
    return FileResponse(index, headers=_FRESH)


def _file(folder: Path, path: str) -> Path | None:
    """The file at ``path`` inside the folder; None when there is none, or it lies outside."""
    if not path or "\0" in path:
        return None
    root = folder.resolve()
    wanted = (root / path).resolve()
    return wanted if wanted.is_relative_to(root) and wanted.is_file() else None
