"""The page of one run as a person has it before them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console


class RunView:
    """One run on a page of the console."""

    def __init__(self, console: Console) -> None:
        self.page: Page = console.page
        self._console = console

    def open(self, run: str) -> RunView:
        self._console.go(f"/runs/{run}")
        return self

    def is_in(self, state: str) -> None:
        """Wait until the page, by itself, says that the run is in this state."""
        expect(self.heading.get_by_text(state, exact=True)).to_be_visible()

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1).locator("..")

    @property
    def id(self) -> str:
        return self.page.url.partition("/runs/")[2].partition("?")[0]

    def node(self, node: str) -> Locator:
        """The card of a node by its id; its name tells the node's state."""
        graph = self.page.get_by_role("application", name="Graph of the workflow")
        return graph.locator(f'.react-flow__node[data-id="{node}"]')

    def node_is(self, node: str, state: str) -> None:
        """Wait until the card of a node says this of it."""
        expect(self.node(node)).to_contain_text(state)

    def choose(self, node: str) -> None:
        """Select a node on the graph."""
        self.node(node).click()
        expect(self.page).to_have_url(f"{self._console.served.url}/app/runs/{self.id}?node={node}")

    def tab(self, name: str) -> Locator:
        """A tab of the selected node; its panel."""
        tabs = self.page.get_by_role("tablist", name="The node")
        tabs.get_by_role("tab", name=name).click()
        return self.page.get_by_role("tabpanel", name=name)

    def decide(self, verb: str, comment: str) -> None:
        """`Approve` or `Reject` what waits for a decision, with a comment."""
        self.page.get_by_label("Comment").fill(comment)
        self.page.get_by_role("button", name=verb, exact=True).click()

    def rerun(self, *choices: str, node: str | None = None) -> None:
        """Run it again with the choices of the dialog by their labels; goes to the new run."""
        before = self.id
        name = "Run again" if node is None else "Run again from here"
        if node is not None:
            self.choose(node)
        self.page.get_by_role("button", name=name, exact=True).click()
        dialog = self.page.get_by_role("dialog", name="Run again")
        for choice in choices:
            dialog.get_by_role("radio", name=choice).check()
        dialog.get_by_role("button", name="Run again").click()
        expect(self.page).not_to_have_url(f"{self._console.served.url}/app/runs/{before}")
        expect(dialog).to_have_count(0)
