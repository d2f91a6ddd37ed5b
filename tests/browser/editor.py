"""The editor as a person has it before them: what can be done in it, in the words that stand on the page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console

MOD = "ControlOrMeta"


class Editor:
    """The editor of one workflow on a page of the console."""

    def __init__(self, console: Console) -> None:
        self.page: Page = console.page
        self.served = console.served
        self._console = console
        self.canvas: Locator = self.page.get_by_role("region", name="Canvas")
        self.palette: Locator = self.page.get_by_role("region", name="Palette")
        self.inspector: Locator = self.page.get_by_role("region", name="Inspector")
        self.drawer: Locator = self.page.get_by_role("region", name="Drawer")
        self.yaml: Locator = self.page.get_by_label("The workflow as YAML")

    def open(self, workflow: str) -> Editor:
        self._console.go(f"/workflows/{workflow}/edit")
        expect(self.canvas).to_be_visible()
        return self

    # The graph

    def node(self, node: str) -> Locator:
        """The card of a node by its id."""
        return self.canvas.locator(f'.react-flow__node[data-id="{node}"]')

    @property
    def nodes(self) -> Locator:
        return self.canvas.locator(".react-flow__node")

    def edge(self, edge: str) -> Locator:
        """An edge by its ends, such as `if.true -> mail`."""
        start, _, to = edge.partition(" -> ")
        node, _, port = start.partition(".")
        return self.canvas.locator(f'.react-flow__edge[data-id="{node}.{port or "out"}->{to}"]')

    @property
    def edges(self) -> Locator:
        return self.canvas.locator(".react-flow__edge")

    def drag(self, kind: str, x: float, y: float) -> None:
        """Drag a kind of node from the palette to a place of the canvas, told in shares of its width and height."""
        box = self.canvas.bounding_box()
        assert box
        place = {"x": box["width"] * x, "y": box["height"] * y}
        item = self.palette.get_by_role("button", name=kind, exact=True)
        item.drag_to(self.canvas, target_position=place)  # type: ignore[arg-type]

    def wire(self, start: str, port: str, to: str) -> None:
        """Draw an edge from a port of one node to the input of another, with the mouse."""
        self.node(start).hover()
        self.node(start).get_by_role("button", name=f"{start} port {port}", exact=True).hover()
        self.page.mouse.down()
        self.node(to).get_by_role("button", name=f"{to} input").hover()
        self.page.mouse.up()
        expect(self.edge(f"{start}.{port} -> {to}")).to_have_count(1)

    def choose(self, node: str) -> Locator:
        """Select a node by clicking on it; its form."""
        self.node(node).click(position={"x": 70, "y": 30})
        return self.inspector

    # The forms

    def show(self, tab: str) -> Locator:
        """Another tab of the inspector."""
        self.inspector.get_by_role("tab", name=tab).click()
        return self.inspector.get_by_role("tabpanel")

    def rename(self, node: str, to: str) -> None:
        """Give a node another id."""
        field = self.choose(node).get_by_label("ID", exact=True)
        field.fill(to)
        field.press("Enter")
        expect(self.node(to)).to_have_count(1)

    @property
    def form(self) -> Locator:
        """The parameters of the selected node."""
        return self.inspector.get_by_role("region", name="Parameters")

    def fill(self, label: str, text: str) -> None:
        """Fill a parameter of the selected node."""
        self.form.get_by_role("textbox", name=label, exact=True).fill(text)

    def title(self, text: str) -> None:
        self.page.get_by_label("Workflow title").fill(text)

    # Around it

    @property
    def unsaved(self) -> Locator:
        return self.page.get_by_text("Unsaved", exact=True)

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.saved()

    def saved(self) -> None:
        expect(self.unsaved).to_have_count(0)

    def press(self, keys: str) -> None:
        """Press keys where the focus is, such as `Control+S`."""
        self.page.keyboard.press(keys)

    def open_drawer(self, tab: str) -> Locator:
        """Open the drawer at one of its tabs."""
        if not self.drawer.is_visible():
            self.page.get_by_role("button", name="Test", exact=True).click()
        self.drawer.get_by_role("tab", name=tab).click()
        return self.drawer.get_by_role("tabpanel")
