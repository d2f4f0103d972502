"""A browser without network, and the built book to open in it.

Needs Playwright, the rules of axe-core, an installed Chromium (the variable
``CHROMIUM`` names one that is not on the path) and a built book. Without one of them
these tests are skipped, and say which.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from books import CHROMIUM, HTML, PAGES

WIDTHS = (390, 800, 1400)
HEIGHT = 900


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests for each ``page_name``, ``width`` and ``scheme`` that they ask for."""
    values = {"page_name": PAGES, "width": WIDTHS, "scheme": ("light", "dark")}
    for name, each in values.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, each)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests of one page together, so that it is opened once per scheme."""

    def place(item: pytest.Item) -> tuple:
        values = item.callspec.params if hasattr(item, "callspec") else {}
        page = values.get("page_name")
        return (page is None, page or "", values.get("width", 0))

    items.sort(key=place)


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built book."""
    if not (HTML / "intro.html").exists():
        pytest.skip("no built book; run `make book` first")
    return HTML


@pytest.fixture(scope="session")
def chromium() -> str:
    """The installed Chromium's path."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path; the variable CHROMIUM can name one")
    return CHROMIUM


@pytest.fixture(scope="session")
def browser(site: Path, chromium: str) -> Iterator:
    """The installed Chromium, started once."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        # Containers run as root, where Chromium's sandbox does not start. The pages are
        # opened from files, as a reader without a server would.
        options = ["--no-sandbox", "--allow-file-access-from-files"]
        started = driver.chromium.launch(executable_path=chromium, args=options)
        yield started
        started.close()


class Tab:
    """A page as a reader sees it, and what it said and loaded on the way."""

    def __init__(self, context, address: str):
        self.messages, self.loaded = [], {}
        self.page = context.new_page()
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", self.weigh)
        self.page.goto(address)
        # What the page still does by itself: its formulas, its frames.
        self.page.wait_for_function("!window.MathJax || !!MathJax.startup?.promise")
        self.page.evaluate("window.MathJax?.startup?.promise.then(() => true)")
        self.settle()

    def listen(self, message) -> None:
        if message.type in ("error", "warning"):
            self.messages.append(f"{message.type}: {message.text}")

    def weigh(self, request) -> None:
        path = Path(request.url.split("?")[0].removeprefix("file://"))
        if not request.url.startswith("data:"):
            self.loaded[path] = path.stat().st_size if path.exists() else None

    def settle(self) -> None:
        """Wait until observers of sizes have had their turn, and the theme's delay."""
        self.page.wait_for_timeout(400)

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.settle()


@pytest.fixture(scope="session")
def open_page(browser, site: Path) -> Iterator[Callable[..., Tab]]:
    """Open a page of the book; a page that was opened in the same way is used again.

    Call it with the page's name, the width in pixels and the scheme, and ``fresh=True``
    for a test that changes what the page shows.
    """
    tabs = {}

    def open_tab(name, width=1400, scheme="light", fresh=False) -> Tab:
        key = (name, scheme, fresh)
        if fresh or key not in tabs:
            for other in [k for k in tabs if k[0] != name or k == key]:
                tabs.pop(other).page.context.close()
            context = browser.new_context(
                viewport={"width": width, "height": HEIGHT},
                color_scheme=scheme,
                offline=True,
                reduced_motion="reduce",
            )
            tabs[key] = Tab(context, f"{(site / name).as_uri()}.html")
        if tabs[key].page.viewport_size["width"] != width:
            tabs[key].resize(width)
        return tabs[key]

    yield open_tab
    for tab in tabs.values():
        tab.page.context.close()
