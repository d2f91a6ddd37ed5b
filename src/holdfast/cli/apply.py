"""``holdfast apply``: definitions from files become workflows, or new versions of those that exist.

All documents are checked first: when one is wrong, every problem of all is told and nothing is saved. A definition that
is the newest version already is left alone, so applying twice changes nothing.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.documents import Document, read_documents
from holdfast.cli.failures import PROBLEM, Refused, Told, print_told
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_app
from holdfast.cli.screen import print_json, say
from holdfast.cli.versions import Message
from holdfast.model.errors import Invalid, Problem

app = new_app()


@dataclass(frozen=True, slots=True)
class Wrong:
    """A document that the server (or the reader) refuses."""

    source: str
    title: str
    problems: tuple[Problem, ...]


@app.command(epilog=example("holdfast apply welcome.yaml -m 'a kinder greeting'", "holdfast apply flows/*.yaml --json"))
def apply(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Definitions, YAML or JSON; - reads standard input.")
    ],
    message: Message = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Create workflows, or save new versions of them.

    Prints created, updated or unchanged for each. If any definition is wrong, nothing is saved.
    """
    documents = read_documents(files)
    saved = call(url, lambda client: _apply(client, documents, message, as_json=as_json))
    if as_json:
        print_json([{"result": result, "workflow": workflow} for result, workflow in saved])


async def _apply(
    client: Client, documents: list[Document], message: str | None, *, as_json: bool
) -> list[tuple[str, Any]]:
    wrong = [found for document in documents if (found := await _refusal(client, document)) is not None]
    if wrong:
        _refuse(wrong, as_json=as_json)
    saved = []
    for document in documents:
        result, workflow = await save(client, document.value, message)
        saved.append((result, workflow))
        if not as_json:
            _tell(result, workflow)
    return saved


async def save(client: Client, document: Any, message: str | None = None) -> tuple[str, Any]:
    """Creates or saves a valid definition: (created, updated or unchanged; the workflow)."""
    name, query = document["name"], {"message": message}
    try:
        known = await client.get("workflows", name)
    except Refused as error:
        if error.status != 404:
            raise
        return "created", await client.call("POST", ("workflows",), query=query, body=document)
    if _text(known["definition"]) == _text(document):
        return "unchanged", known
    return "updated", await client.call("PUT", ("workflows", name), query=query, body=document)


async def _refusal(client: Client, document: Document) -> Wrong | None:
    if document.error is not None:
        return Wrong(document.source, document.error.title, document.error.problems)
    try:
        await client.post("workflows", "validate", body=document.value)
    except Refused as error:
        if error.status not in (400, 413, 422):
            raise
        return Wrong(document.source, error.title, error.problems or (Problem("", error.detail),))
    return None


def _refuse(wrong: list[Wrong], *, as_json: bool) -> None:
    if as_json:
        problems = [Problem(p.path, f"{each.source}: {p.message}") for each in wrong for p in each.problems]
        raise Invalid(problems, "Nothing was saved: not every definition is valid")
    for each in wrong:
        print_told(Told(PROBLEM, f"{each.source}: {each.title}", problems=each.problems))
    print_told(Told(PROBLEM, "Nothing was saved."))
    raise typer.Exit(PROBLEM)


def _tell(result: str, workflow: Any) -> None:
    colour = "dim" if result == "unchanged" else "green"
    say((result, colour), f" {workflow['name']} (version {workflow['version']})")
    for trigger in workflow["triggers"]:
        if "url" in trigger:
            say((f"  webhook {trigger['id']}: ", "dim"), trigger["url"])


def _text(document: Any) -> str:
    """Equal for equal documents only: Python itself holds 1, 1.0 and True for the same."""
    return json.dumps(document, sort_keys=True)
