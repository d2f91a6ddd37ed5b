"""Maps and loops are filled where they stand, and nodes go from one workflow to another: by what the canvas offers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.editor import MOD, Editor
from tests.browser.run_view import RunView


def test_bodies_are_drawn_and_run(console: Console) -> None:
    console.go("/new")
    editor = Editor(console)
    expect(editor.page.get_by_role("button", name="Add the first node")).to_be_visible()
    editor.title("Doubled and counted")
    _add(editor, "map", "map")
    _fill_the_map(editor)
    _add(editor, "loop", "loop")
    _fill_the_loop(editor)
    editor.save()
    _is_saved(console)
    _run(console)


def _add(editor: Editor, search: str, node: str) -> None:
    """By the key; what is selected comes before it."""
    editor.canvas.focus()
    editor.press("a")
    field = editor.page.get_by_role("combobox", name="Add a node")
    expect(field).to_be_focused()
    field.fill(search)
    editor.press("Enter")
    expect(editor.node(node)).to_be_visible()


def _inside(editor: Editor, node: str, steps: int) -> None:
    """One stands in the body, which has so many steps."""
    trail = editor.page.get_by_role("navigation", name="Steps inside")
    expect(trail.get_by_role("button", name=node)).to_have_attribute("aria-current", "location")
    expect(editor.nodes).to_have_count(steps)


def _outside(editor: Editor) -> None:
    expect(editor.page.get_by_role("navigation", name="Steps inside")).to_have_count(0)


def _fill_the_map(editor: Editor) -> None:
    """Entered by its form, left by its trail; its two steps are wired by the mouse."""
    editor.choose("map")
    editor.form.get_by_role("button", name="Expression for Items").click()
    editor.fill("Items", "input.numbers")
    editor.inspector.get_by_role("button", name="Open its 0 steps").click()
    _inside(editor, "map", 0)
    editor.page.get_by_role("button", name="Add the first step").click()
    editor.page.get_by_role("combobox", name="Add a node").fill("transform")
    editor.press("Enter")
    _value(editor, "transform", "{{ item * 2 }}")
    editor.drag("Transform", 0.8, 0.75)
    _value(editor, "transform_2", "{{ nodes.transform.output + index }}")
    editor.wire("transform", "out", "transform_2")
    _inside(editor, "map", 2)
    editor.page.get_by_role("navigation", name="Steps inside").get_by_role("button", name="Workflow").click()
    _outside(editor)
    expect(editor.node("map")).to_contain_text("2 steps")


def _value(editor: Editor, node: str, value: str) -> None:
    editor.choose(node)
    editor.form.get_by_label("Type of Value").select_option("Text")
    editor.fill("Value", value)


def _fill_the_loop(editor: Editor) -> None:
    """Entered by its card, left by Escape."""
    expect(editor.edge("map -> loop")).to_have_count(1)
    editor.choose("loop")
    editor.form.get_by_role("spinbutton", name="Most rounds").fill("10")
    editor.fill("Left side of row 1", "item")
    editor.form.get_by_label("Operator of row 1").select_option("is at least")
    editor.fill("Right side of row 1", "3")
    editor.node("loop").get_by_role("button", name="Open the steps of loop").click()
    _inside(editor, "loop", 0)
    _add(editor, "transform", "transform_3")
    _value(editor, "transform_3", "{{ index + 1 }}")
    editor.canvas.focus()
    editor.press("Escape")
    editor.press("Escape")
    _outside(editor)
    expect(editor.node("loop")).to_contain_text("1 step")


def _is_saved(console: Console) -> None:
    saved: dict[str, Any] = console.served.call("GET", "/api/v1/workflows/doubled-and-counted")["definition"]
    bodies = [node["params"]["body"] for node in saved["nodes"]]
    steps = [[node["id"] for node in body["nodes"]] for body in bodies]
    assert steps == [["transform", "transform_2"], ["transform_3"]]
    assert bodies[0]["edges"] == [{"from": "transform", "to": "transform_2"}]


def _run(console: Console) -> None:
    """Started from the page of the workflow; both bodies did what they say."""
    page = console.go("/workflows/doubled-and-counted")
    page.get_by_role("button", name="Run", exact=True).click()
    dialog = page.get_by_role("dialog", name="Run Doubled and counted")
    dialog.get_by_label("Input, as JSON").fill('{"numbers": [5, 6, 7]}')
    dialog.get_by_role("button", name="Run", exact=True).click()
    run = RunView(console)
    run.is_in("Succeeded")
    nodes = console.served.call("GET", f"/api/v1/runs/{run.id}")["nodes"]
    assert (nodes["map"]["output"], nodes["loop"]["output"]) == ([10, 13, 16], 3)


def _chain(name: str, *nodes: str) -> dict[str, Any]:
    """Texts that are made one from the other."""
    made: list[dict[str, Any]] = [{"id": nodes[0], "type": "transform", "params": {"value": f"from {name}"}}]
    for before, node in pairwise(nodes):
        value = f"{{{{ nodes.{before}.output }}}}!"
        made.append({"id": node, "type": "transform", "params": {"value": value}})
    edges = [{"from": before, "to": after} for before, after in pairwise(nodes)]
    return {"holdfast": 1, "name": name, "nodes": made, "edges": edges}


def test_nodes_are_copied_from_one_workflow_to_another(console: Console) -> None:
    console.served.call("POST", "/api/v1/workflows", _chain("copied-from", "first", "second", "third"))
    console.served.call("POST", "/api/v1/workflows", _chain("copied-to", "first"))
    editor = Editor(console).open("copied-from")
    editor.choose("first")
    editor.node("second").click(position={"x": 70, "y": 30}, modifiers=["Shift"])
    expect(editor.inspector.get_by_role("heading", name="2 nodes selected")).to_be_visible()
    editor.press(f"{MOD}+c")
    expect(editor.page.get_by_text("Copied 2 nodes")).to_be_visible()
    editor.open("copied-to")
    editor.canvas.focus()
    editor.press(f"{MOD}+v")
    expect(editor.nodes).to_have_count(3)
    # A name that is taken is another one, also where it is read.
    expect(editor.edge("first_2 -> second")).to_have_count(1)
    editor.save()
    saved = console.served.call("GET", "/api/v1/workflows/copied-to")["definition"]
    values = {node["id"]: node["params"]["value"] for node in saved["nodes"]}
    assert values == {
        "first": "from copied-to",
        "first_2": "from copied-from",
        "second": "{{ nodes.first_2.output }}!",
    }
    _the_original_stays(console.page, editor)


def _the_original_stays(page: Page, editor: Editor) -> None:
    editor.open("copied-from")
    expect(editor.nodes).to_have_count(3)
    expect(page.get_by_text("Unsaved", exact=True)).to_have_count(0)
