"""A workflow from nothing to its mail, by mouse: drawn, filled in, called, approved, broken, mended, run again."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.editor import Editor
from tests.browser.run_view import RunView

GOOD = "Order of {{ input.customer }}: {{ nodes.total.output }} EUR"
BROKEN = "Order of {{ nodes.total.output.customer }}"


def test_from_blank_to_the_mail_and_back(each_console: Console) -> None:
    console = each_console
    page = console.go("/")
    page.get_by_role("button", name="New workflow", exact=True).click()
    page.get_by_role("menuitem", name="Blank workflow").click()
    editor = Editor(console)
    editor.title("Orders with approval")
    _draw(editor)
    _fill(editor)
    address = _add_webhook(editor)
    run = _call(console, address, price=60)
    _approve(run)
    _see_the_mail(console, "Order of Ada: 120 EUR")
    failed = _break(console, editor, address)
    _mend_and_run_again(console, editor, failed)
    _see_the_mail(console, "Order of Ada: 140 EUR")


def _draw(editor: Editor) -> None:
    editor.drag("Transform", 0.22, 0.2)
    editor.drag("If", 0.72, 0.2)
    editor.drag("Approval", 0.22, 0.65)
    editor.drag("Send email", 0.72, 0.75)
    expect(editor.nodes).to_have_count(4)
    editor.rename("transform", "total")
    editor.rename("if", "is_large")
    editor.rename("email_send", "mail")
    editor.wire("total", "out", "is_large")
    editor.wire("is_large", "true", "approval")
    editor.wire("approval", "approved", "mail")
    editor.wire("is_large", "false", "mail")


def _fill(editor: Editor) -> None:
    editor.choose("total")
    editor.form.get_by_label("Type of Value").select_option("Text")
    editor.fill("Value", "{{ input.price * input.count }}")
    editor.choose("is_large")
    editor.fill("Left side of row 1", "nodes.total.output")
    editor.form.get_by_label("Operator of row 1").select_option(">")
    editor.fill("Right side of row 1", "100")
    editor.choose("approval")
    editor.fill("Title", "Ship for {{ nodes.total.output }} EUR?")
    editor.choose("mail")
    editor.fill("To", "ada@example.com")
    editor.fill("Subject", GOOD)
    editor.fill("Text", "On its way.")


def _add_webhook(editor: Editor) -> str:
    """Adds a webhook, saves, and takes its address: the first save leaves the editor as it stands."""
    panel = editor.show("Triggers")
    panel.get_by_role("button", name="Add trigger").click()
    editor.page.get_by_role("menuitem", name="Webhook").click()
    expect(panel.get_by_text("It has no address yet")).to_be_visible()
    editor.save()
    expect(editor.page).to_have_url(f"{editor.served.url}/app/workflows/orders-with-approval/edit")
    panel.get_by_role("button", name="Copy the webhook address").click()
    address: str = editor.page.evaluate("navigator.clipboard.readText()")
    return urlsplit(address).path


def _call(console: Console, address: str, price: int) -> RunView:
    """Calls the webhook as another program would, and opens the run that it starts."""
    answer = console.served.call("POST", address, {"customer": "Ada", "price": price, "count": 2})
    return RunView(console).open(answer["run_id"])


def _approve(run: RunView) -> None:
    run.is_in("Waiting")
    run.node_is("approval", "Needs approval")
    expect(run.page.get_by_role("heading", name="Ship for 120 EUR?")).to_be_visible()
    run.decide("Approve", "Ada always pays")
    run.is_in("Succeeded")
    run.node_is("mail", "Succeeded")
    run.choose("approval")
    expect(run.tab("Output")).to_contain_text("Ada always pays")


def _see_the_mail(console: Console, subject: str) -> None:
    page = console.go("/mailbox")
    page.get_by_role("button", name=subject).first.click()
    expect(page.get_by_role("heading", name=subject)).to_be_visible()
    expect(page.get_by_text("On its way.")).to_be_visible()


def _break(console: Console, editor: Editor, address: str) -> str:
    """Saves a mail whose subject can't be filled in, and reads on the page why the next run fails."""
    editor.open("orders-with-approval")
    editor.choose("mail")
    editor.fill("Subject", BROKEN)
    editor.save()
    run = _call(console, address, price=70)
    run.is_in("Waiting")
    run.decide("Approve", "")
    run.is_in("Failed")
    run.node_is("approval", "Succeeded")
    run.choose("mail")
    expect(run.tab("Error")).to_contain_text("customer")
    return run.id


def _mend_and_run_again(console: Console, editor: Editor, failed: str) -> None:
    editor.open("orders-with-approval")
    editor.choose("mail")
    editor.fill("Subject", GOOD)
    editor.save()
    run = RunView(console).open(failed)
    run.rerun("What failed", "The newest")
    run.is_in("Succeeded")
    # What was decided stays decided: nobody is asked again.
    expect(run.heading.get_by_text("v3", exact=True)).to_be_visible()
    run.node_is("approval", "Succeeded")
