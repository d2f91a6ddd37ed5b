"""``holdfast validate``: definitions checked without a server, by the model that the server uses.

Every problem of every document is told, each under its file. Exit 1 if there is any.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.documents import Document, read_documents
from holdfast.cli.failures import PROBLEM, Told, print_told
from holdfast.cli.kinds import installed_kinds
from holdfast.cli.options import Json, Tasks, example, new_app, tasks_of
from holdfast.cli.screen import print_json, say
from holdfast.cron import Crons
from holdfast.model.errors import Invalid
from holdfast.model.node_spec import NodeSpec
from holdfast.model.validate import read_workflow
from holdfast.schema import JsonSchemas
from holdfast.settings import load

app = new_app()


@app.command(epilog=example("holdfast validate welcome.yaml", "cat welcome.json | holdfast validate - --json"))
def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Definitions, YAML or JSON; - reads standard input.")
    ],
    tasks: Tasks = None,
    as_json: Json = False,
) -> None:
    """Check definitions without a server.

    The rules and the messages are the server's. Nothing is saved. Name the modules with your own node kinds.
    """
    kinds, schemas = installed_kinds(load(tasks=tasks_of(tasks)).tasks), JsonSchemas()
    checked = [(document, _problems(document, kinds, schemas)) for document in read_documents(files)]
    if as_json:
        print_json([_shape(document, found) for document, found in checked])
    else:
        for document, found in checked:
            _tell(document, found)
    if any(found for _, found in checked):
        raise typer.Exit(PROBLEM)


def _problems(document: Document, kinds: Mapping[str, NodeSpec], schemas: JsonSchemas) -> Invalid | None:
    if document.error is not None:
        return document.error
    try:
        read_workflow(document.value, kinds, schemas, Crons())
    except Invalid as error:
        return error
    return None


def _tell(document: Document, found: Invalid | None) -> None:
    if found is None:
        say(f"{document.source}: ", ("valid", "green"))
    else:
        print_told(Told(PROBLEM, f"{document.source}: {found.title}", problems=found.problems))


def _shape(document: Document, found: Invalid | None) -> dict[str, Any]:
    problems = found.problems if found else ()
    return {
        "source": document.source,
        "valid": found is None,
        "errors": [{"path": problem.path, "message": problem.message} for problem in problems],
    }
