"""The list of workflows: what comes in as a file, is found, copied, switched off, taken out as a file, and deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from holdfast.definition_yaml import read_yaml
from tests.browser.console import Console
from tests.browser.editor import Editor
from tests.support.waiting import eventually_sync

FILE = """\
# Greets whoever comes in.
holdfast: 1
name: {name}
title: Greet visitors
description: "Says: hello"
tags: [doors]
vars: {{word: "on", price: 1.50, large: 9007199254740993}}
nodes:
  - id: who
    type: transform
    params: {{value: {{name: "{{{{ input.name }}}}", at: 2026-01-01}}}}
  - id: hello
    type: log
    notes: |
      two
      lines
    params: {{message: "hello {{{{ nodes.who.output.name }}}}"}}
edges:
  - {{from: who, to: hello}}
"""


def _row(page: Page, workflow: str) -> Locator:
    return page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_text(workflow, exact=True))


def _act(page: Page, title: str, what: str) -> None:
    page.get_by_role("button", name=f"Actions of {title}", exact=True).click()
    page.get_by_role("menuitem", name=what).click()


def _definition(console: Console, name: str) -> dict[str, Any]:
    found: dict[str, Any] = console.served.call("GET", f"/api/v1/workflows/{name}")["definition"]
    return found


def test_a_file_comes_in_is_copied_and_goes_out_again(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "greet.yaml"
    file.write_text(FILE.format(name="greet-visitors"))
    _import(console, file)
    imported = _definition(console, "greet-visitors")
    assert imported["vars"] == {"word": "on", "price": 1.5, "large": 9007199254740993}
    assert imported["nodes"][1]["notes"] == "two\nlines\n"
    _duplicate(console)
    page = console.go("/?q=greet-visitors")
    expect(_row(page, "greet-visitors-copy")).to_have_count(1)
    _export(page, imported)


def _import(console: Console, file: Path) -> None:
    """Text that can't be read is refused with its place; then the file opens in the editor, unsaved, and is saved."""
    page = console.go("/")
    page.get_by_role("button", name="New workflow", exact=True).click()
    page.get_by_role("menuitem", name="Import YAML or JSON").click()
    dialog = page.get_by_role("dialog", name="Import a workflow")
    dialog.get_by_label("The workflow, as YAML or JSON").fill("holdfast: 1\nnodes: [")
    dialog.get_by_role("button", name="Open in the editor").click()
    expect(dialog.get_by_text("line 2")).to_be_visible()
    dialog.get_by_label("File of a workflow").set_input_files(file)
    expect(dialog.get_by_text("greet.yaml")).to_be_visible()
    dialog.get_by_role("button", name="Open in the editor").click()
    editor = Editor(console)
    expect(editor.edge("who -> hello")).to_have_count(1)
    expect(editor.unsaved).to_be_visible()
    editor.save()
    expect(page).to_have_url(f"{console.served.url}/app/workflows/greet-visitors/edit")


def _duplicate(console: Console) -> None:
    page = console.go("/?q=greet-visitors")
    _act(page, "Greet visitors", "Duplicate")
    editor = Editor(console)
    expect(page.get_by_label("Workflow title")).to_have_value("Greet visitors (copy)")
    editor.save()
    expect(page).to_have_url(f"{console.served.url}/app/workflows/greet-visitors-copy/edit")
    original, copy = _definition(console, "greet-visitors"), _definition(console, "greet-visitors-copy")
    assert {**copy, "name": "", "title": ""} == {**original, "name": "", "title": ""}


def _export(page: Page, definition: dict[str, Any]) -> None:
    """Either file says what the API says."""
    readers: dict[str, Callable[[str], Any]] = {"YAML": read_yaml, "JSON": json.loads}
    for form, read in readers.items():
        with page.expect_download() as coming:
            _act(page, "Greet visitors", f"Export as {form}")
        assert coming.value.suggested_filename == f"greet-visitors.{form.lower()}"
        assert read(Path(coming.value.path()).read_text()) == definition


def test_a_workflow_is_found_switched_off_and_deleted_with_its_history_kept(console: Console) -> None:
    nodes = [{"id": "nothing", "type": "noop"}]
    about = {"title": "Close the books", "tags": ["ledger"]}
    console.served.call("POST", "/api/v1/workflows", {"holdfast": 1, "name": "close-books", "nodes": nodes, **about})
    run = console.served.call("POST", "/api/v1/workflows/close-books/runs", {})["id"]
    eventually_sync(lambda: console.served.call("GET", f"/api/v1/runs/{run}")["state"] == "SUCCEEDED", 20)
    page = console.go("/")
    page.get_by_role("group", name="Tags").get_by_role("button", name="ledger").click()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    expect(_row(page, "close-books")).to_contain_text("Succeeded")
    _act(page, "Close the books", "Switch off")
    expect(_row(page, "close-books").get_by_text("switched off", exact=True)).to_be_visible()
    assert console.served.call("GET", "/api/v1/workflows/close-books")["enabled"] is False
    _act(page, "Close the books", "Delete")
    question = page.get_by_role("alertdialog", name="Delete Close the books?")
    question.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted Close the books")).to_be_visible()
    expect(_row(page, "close-books")).to_have_count(0)
    _its_history_stays(console, run)


def _its_history_stays(console: Console, run: str) -> None:
    page = console.go("/runs?workflow=close-books")
    page.get_by_role("list", name="Runs").get_by_role("link").click()
    expect(page).to_have_url(f"{console.served.url}/app/runs/{run}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Close the books")
    graph = page.get_by_role("application", name="Graph of the workflow")
    expect(graph.locator('.react-flow__node[data-id="nothing"]')).to_contain_text("Succeeded")
    page = console.go("/workflows/close-books")
    expect(page.get_by_role("alert").get_by_role("heading", name="Not found")).to_be_visible()
    page.get_by_role("link", name="To the workflows").click()
    expect(page.get_by_role("heading", name="Workflows", level=1)).to_be_visible()
