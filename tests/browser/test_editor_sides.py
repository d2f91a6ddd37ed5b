"""What stands beside the canvas: YAML, problems, tests, versions, and the question before unsaved work is left."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.editor import MOD, Editor


def _greeting(name: str) -> dict[str, Any]:
    """Two nodes that need nothing of the outside; the second reads the first."""
    return {
        "holdfast": 1,
        "name": name,
        "title": "Greeting",
        "nodes": [
            {"id": "who", "type": "transform", "params": {"value": {"name": "Ada"}}},
            {"id": "hello", "type": "log", "params": {"message": "hello {{ nodes.who.output.name }}"}},
        ],
        "edges": [{"from": "who", "to": "hello"}],
    }


def _opened(console: Console, name: str) -> Editor:
    console.served.call("POST", "/api/v1/workflows", _greeting(name))
    return Editor(console).open(name)


def test_yaml_and_canvas_are_one_document(console: Console) -> None:
    editor = _opened(console, "both-ways")
    editor.open_drawer("YAML")
    _write_a_comment(editor)
    editor.choose("hello")
    editor.fill("Message", "good evening")
    expect(editor.yaml).to_contain_text("good evening")
    expect(editor.yaml).to_contain_text("# said by me")
    editor.yaml.fill(editor.yaml.inner_text().replace("good evening", "good morning"))
    expect(editor.node("hello")).to_contain_text("good morning")
    editor.yaml.fill("nodes: [")
    expect(editor.drawer.get_by_text("Line 1")).to_be_visible()
    expect(editor.node("hello")).to_be_visible()
    editor.page.get_by_role("button", name="Undo").click()
    editor.page.get_by_role("button", name="Redo").click()
    _take_the_workflow(editor)


def _write_a_comment(editor: Editor) -> None:
    editor.yaml.click()
    editor.press(f"{MOD}+Home")
    editor.page.keyboard.type("# said by me\n")
    expect(editor.drawer.get_by_text("In step with the canvas")).to_be_visible()


def _take_the_workflow(editor: Editor) -> None:
    """The text can't be read and the document went on: the person says which one stays."""
    editor.page.get_by_role("button", name="Take the workflow").click()
    expect(editor.yaml).to_contain_text("good morning")


def test_a_problem_leads_to_its_field_and_leaving_asks(console: Console) -> None:
    editor = _opened(console, "with-problems")
    editor.choose("hello")
    editor.fill("Message", "hello {{ nodes.nobody.output }}")
    editor.page.get_by_role("button", name="1 problem").click()
    editor.choose("who")
    editor.drawer.get_by_role("button", name="message").click()
    field = editor.form.get_by_role("textbox", name="Message", exact=True)
    expect(field).to_be_focused()
    editor.press(f"{MOD}+s")
    expect(editor.page.get_by_text("Not saved: 1 problem to mend first.")).to_be_visible()
    _stay_then_leave(editor.page)
    assert console.served.call("GET", "/api/v1/workflows/with-problems")["version"] == 1


def _stay_then_leave(page: Page) -> None:
    question = page.get_by_role("dialog", name="Leave without saving?")
    page.get_by_role("link", name="Runs").click()
    question.get_by_role("button", name="Never mind").click()
    expect(question).to_have_count(0)
    expect(page.get_by_text("Unsaved", exact=True)).to_be_visible()
    page.get_by_role("link", name="Runs").click()
    question.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()


def test_a_test_with_a_pinned_output_and_one_node_alone(console: Console) -> None:
    editor = _opened(console, "tried-out")
    editor.choose("who")
    editor.inspector.get_by_role("button", name="Pin an output").click()
    editor.inspector.get_by_role("textbox", name="Pinned output, as JSON").fill('{"name": "Grace"}')
    panel = editor.open_drawer("Test")
    panel.get_by_role("button", name="Run test").click()
    result = panel.get_by_role("group", name="Result of the test")
    expect(result.get_by_text("Succeeded", exact=True).first).to_be_visible()
    editor.choose("hello")
    outcome = editor.inspector.get_by_role("region", name="Test of the node")
    expect(outcome).to_contain_text("hello Grace")
    editor.choose("who").get_by_role("button", name="Unpin", exact=True).click()
    outcome.get_by_role("button", name="Run this node").click()
    expect(editor.node("hello")).to_have_attribute("aria-label", "hello, Log, Skipped")
    expect(outcome).to_contain_text("Ada")
    assert console.served.call("GET", "/api/v1/workflows/tried-out")["version"] == 1


def test_versions_are_compared_and_restored(console: Console) -> None:
    editor = _opened(console, "with-history")
    editor.choose("hello")
    editor.fill("Message", "good evening")
    _save_with_a_message(editor, "More polite")
    page = console.go("/workflows/with-history/versions")
    versions = page.get_by_role("list", name="Versions, newest first")
    expect(versions.get_by_role("listitem")).to_have_count(2)
    expect(versions.get_by_role("listitem").first).to_contain_text("More polite")
    expect(page.get_by_role("group", name="After")).to_have_text("good evening")
    page.get_by_role("tab", name="YAML").click()
    expect(page.get_by_role("table", name="Changed lines")).to_contain_text("good evening")
    _restore(page)
    expect(versions.get_by_role("listitem")).to_have_count(3)
    now = console.served.call("GET", "/api/v1/workflows/with-history")
    assert (now["version"], now["definition"]["nodes"][1]["params"]["message"][:5]) == (3, "hello")


def _save_with_a_message(editor: Editor, message: str) -> None:
    editor.page.get_by_role("button", name="More ways to save").click()
    editor.page.get_by_role("menuitem", name="Save with a message").click()
    dialog = editor.page.get_by_role("dialog", name="Save with a message")
    dialog.get_by_label("What changed, and why").fill(message)
    dialog.get_by_role("button", name="Save").click()
    editor.saved()


def _restore(page: Page) -> None:
    page.get_by_role("button", name="v1").click()
    page.get_by_role("button", name="Restore version 1").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Version 1 is back as version 3")).to_be_visible()
