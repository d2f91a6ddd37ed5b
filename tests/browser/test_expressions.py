"""An expression written with the keyboard alone: names in scope are offered, its value shown, a mistake marked."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console
from tests.browser.editor import MOD, Editor
from tests.support.waiting import eventually_sync

READ = 100  # ms: nobody chooses sooner from a list that has just come
WHO = {"id": "who", "type": "transform", "params": {"value": {"name": "Ada", "age": 36}}}
HELLO = {"id": "hello", "type": "log", "params": {"message": "hello"}}
LATER = {"id": "later", "type": "noop"}
DEFINITION = {
    "holdfast": 1,
    "name": "typed-by-hand",
    "vars": {"greeting": "Good day"},
    "nodes": [WHO, HELLO, LATER],
    "edges": [{"from": "who", "to": "hello"}, {"from": "hello", "to": "later"}],
}


def test_an_expression_is_typed(console: Console) -> None:
    editor = _opened_after_a_run(console)
    field = _field(editor)
    field.focus()
    editor.press("End")
    _choose_names(editor)
    expect(field).to_have_text("hello {{nodes.who.output.name}}")
    expect(editor.form.get_by_role("status")).to_have_text('"hello Ada"')
    _choose_a_function(editor, field)
    _make_a_mistake(editor, field)
    editor.press(f"{MOD}+s")
    expect(editor.page.get_by_text("Not saved: 1 problem to mend first.")).to_be_visible()
    editor.press("Backspace")
    editor.press("Backspace")
    expect(_mistake(editor)).to_have_count(0)
    editor.press(f"{MOD}+s")
    editor.saved()
    saved = console.served.call("GET", "/api/v1/workflows/typed-by-hand")["definition"]["nodes"][1]
    assert saved["params"]["message"] == "hello {{nodes.who.output.name.size()}}"


def _opened_after_a_run(console: Console) -> Editor:
    """The values of its last run are those that expressions are shown with."""
    call = console.served.call
    call("POST", "/api/v1/workflows", DEFINITION)
    run = call("POST", "/api/v1/workflows/typed-by-hand/runs", {"input": {"town": "Ely"}})["id"]
    eventually_sync(lambda: call("GET", f"/api/v1/runs/{run}")["state"] == "SUCCEEDED", 20)
    editor = Editor(console).open("typed-by-hand")
    editor.choose("hello")
    return editor


def _field(editor: Editor) -> Locator:
    return editor.form.get_by_role("textbox", name="Message", exact=True)


def _offers(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def _take(editor: Editor, name: str, *, typed: str = "") -> None:
    """Go down the list to a name and take it, all by keys."""
    editor.page.keyboard.type(typed)
    wanted = _offers(editor.page).filter(has_text=name).first
    expect(wanted).to_be_visible()
    # A key within 75 ms of the list's coming is one for the text: it was on its way before the list could be seen.
    editor.page.keyboard.press("Shift", delay=READ)
    names = _offers(editor.page).all_inner_texts()
    steps = next(number for number, text in enumerate(names) if text.startswith(name))
    for _ in range(steps):
        editor.press("ArrowDown")
    expect(_offers(editor.page).nth(steps)).to_have_attribute("aria-selected", "true")
    editor.press("Enter")
    expect(_offers(editor.page)).to_have_count(0)


def _choose_names(editor: Editor) -> None:
    page = editor.page
    page.keyboard.type(" {{")
    expect(_offers(page).filter(has_text="nodes")).to_be_visible()
    _take(editor, "nodes")
    page.keyboard.type(".")
    # What comes later isn't there yet.
    expect(_offers(page).filter(has_text="who")).to_be_visible()
    expect(_offers(page).filter(has_text="later")).to_have_count(0)
    _take(editor, "who")
    _take(editor, "output", typed=".")
    page.keyboard.type(".")
    expect(_offers(page).filter(has_text="age")).to_be_visible()
    _take(editor, "name")


def _choose_a_function(editor: Editor, field: Locator) -> None:
    _take(editor, "size", typed=".si")
    expect(field).to_have_text("hello {{nodes.who.output.name.size()}}")
    expect(editor.form.get_by_role("status")).to_have_text('"hello 3"')


def _mistake(editor: Editor) -> Locator:
    """What is underlined in the field."""
    return editor.form.locator(".cm-lintRange-error")


def _make_a_mistake(editor: Editor, field: Locator) -> None:
    """The mark stands where the mistake is, and the words of it below the field."""
    editor.page.keyboard.type(" +")
    expect(_mistake(editor)).to_be_visible()
    mark, whole = _mistake(editor).bounding_box(), field.bounding_box()
    assert mark
    assert whole
    assert mark["x"] > whole["x"] + 100
    expect(field).to_have_attribute("aria-invalid", "true")
