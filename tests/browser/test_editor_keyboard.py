"""The editor with the keyboard alone: a graph is built, changed and saved, and the focus never gets lost."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.editor import MOD, Editor

FOCUS_ON_CANVAS = "() => document.activeElement.closest('section[aria-label=Canvas]') !== null"


def test_a_graph_without_the_mouse(console: Console) -> None:
    console.go("/new")
    editor = Editor(console)
    expect(editor.page.get_by_role("button", name="Add the first node")).to_be_visible()
    _build(editor)
    _undo_and_redo(editor)
    _copy_and_delete(editor)
    _name_a_node(editor)
    _save(editor)


def _on_canvas(editor: Editor) -> None:
    editor.page.wait_for_function(FOCUS_ON_CANVAS)


def _add(editor: Editor, search: str) -> None:
    """Quick add: the new node follows the selected one."""
    editor.press("a")
    expect(editor.page.get_by_role("combobox", name="Add a node")).to_be_focused()
    editor.page.keyboard.type(search)
    editor.press("Enter")
    _on_canvas(editor)


def _build(editor: Editor) -> None:
    _add(editor, "no operation")
    _add(editor, "approval")
    _add(editor, "no operation")
    expect(editor.nodes).to_have_count(3)
    expect(editor.edge("noop -> approval")).to_have_count(1)
    expect(editor.edge("approval.approved -> noop_2")).to_have_count(1)
    editor.press("a")
    editor.press("Escape")
    expect(editor.page.get_by_role("dialog")).to_have_count(0)
    _on_canvas(editor)
    _go(editor, "ArrowLeft", "approval")
    editor.press("c")
    expect(editor.page.get_by_role("combobox", name="Connect approval to")).to_be_focused()
    editor.page.keyboard.type("rejected")
    editor.press("Enter")
    expect(editor.edge("approval.rejected -> noop_2")).to_have_count(1)
    _on_canvas(editor)


def _go(editor: Editor, key: str, to: str) -> None:
    editor.press(key)
    expect(editor.node(to)).to_be_focused()


def _undo_and_redo(editor: Editor) -> None:
    editor.press(f"{MOD}+z")
    expect(editor.edge("approval.rejected -> noop_2")).to_have_count(0)
    editor.press(f"{MOD}+z")
    expect(editor.nodes).to_have_count(2)
    editor.press(f"{MOD}+Shift+z")
    editor.press(f"{MOD}+Shift+z")
    expect(editor.nodes).to_have_count(3)
    expect(editor.edge("approval.rejected -> noop_2")).to_have_count(1)
    _on_canvas(editor)


def _copy_and_delete(editor: Editor) -> None:
    editor.press(f"{MOD}+a")
    expect(editor.inspector.get_by_text("3 nodes")).to_be_visible()
    editor.press(f"{MOD}+c")
    editor.press(f"{MOD}+v")
    expect(editor.nodes).to_have_count(6)
    expect(editor.edges).to_have_count(6)
    editor.press("Delete")
    expect(editor.nodes).to_have_count(3)
    expect(editor.edges).to_have_count(3)
    _on_canvas(editor)


def _name_a_node(editor: Editor) -> None:
    """Enter goes into the form of the selected node."""
    editor.press("Escape")
    _go(editor, "ArrowRight", "noop")
    _go(editor, "ArrowRight", "approval")
    editor.press("Enter")
    expect(editor.inspector.get_by_role("textbox", name="Title").first).to_be_focused()
    editor.page.keyboard.type("Ask the boss")
    expect(editor.node("approval")).to_contain_text("Ask the boss")


def _save(editor: Editor) -> None:
    """By its shortcut, also from a field; the name follows the title."""
    editor.press(f"{MOD}+s")
    editor.saved()
    expect(editor.page).to_have_url(f"{editor.served.url}/app/workflows/new-workflow/edit")
    saved = editor.served.call("GET", "/api/v1/workflows/new-workflow")["definition"]
    assert [node.get("title", node["id"]) for node in saved["nodes"]] == ["noop", "Ask the boss", "noop_2"]
    assert len(saved["edges"]) == 3
