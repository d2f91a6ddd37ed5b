"""The API's own documentation: the description at ``/openapi.json``, and Swagger UI at ``/docs`` from files that are
installed with Holdfast, so that it works offline and nobody learns who reads it."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import public
from holdfast.http.headers import page_policy
from holdfast.http.openapi import describe

router = APIRouter(include_in_schema=False)
ASSETS: Final = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_FOLDER: Final = Path(str(files("fastapi_offline"))) / "static"
_CSP: Final = {"Content-Security-Policy": page_policy()}
_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Holdfast API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
_START: Final = """SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
})
"""


@router.get("/openapi.json")
@public
async def openapi_json(request: Request) -> Response:
    return json_answer(describe(request.app))


@router.get("/docs")
@public
async def docs() -> Response:
    return HTMLResponse(_PAGE, headers=_CSP)


@router.get("/docs/start.js")
@public
async def docs_start() -> Response:
    return Response(_START, media_type="text/javascript")


@router.get("/docs/{name}")
@public
async def docs_asset(name: str) -> Response:
    if name not in ASSETS:
        raise HTTPException(404)
    return FileResponse(_FOLDER / name, media_type=ASSETS[name], headers={"Cache-Control": "max-age=86400"})
