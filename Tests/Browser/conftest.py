"""One server, one browser, and pages that must stay without an error."""

import os
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Interop"))
from servers import Server  # noqa: E402

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}
expect.set_options(timeout=8_000)


def pytest_addoption(parser):
    parser.addoption("--screenshots", action="store_true", help="write Docs/images/chat-*.png")


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            # Chromium's sandbox refuses to run as root.
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_chat():
    server = Server("Chat", "--json-ping-interval=1")
    yield server
    server.stop()


@pytest.fixture
def chat(shared_chat):
    yield shared_chat
    shared_chat.assert_alive()


class Visitor:
    """A page in a context of its own, with the steps a person takes."""

    def __init__(self, browser, server, options: dict):
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.page: Page = self.context.new_page()
        self.server = server
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.sent: list[str] = []
        self.received: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("console", self._console)
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.on("websocket", self._socket)

    def _console(self, message):
        # A connection that can't be made is logged by the browser itself, whatever the page does.
        is_network = "ERR_" in message.text or "WebSocket connection" in message.text
        if message.type == "error" and not is_network:
            self.faults.append(f"console: {message.text}")

    def _socket(self, socket):
        self.hosts.add(socket.url.split("/")[2])
        socket.on("framesent", lambda payload: self.sent.append(str(payload)))
        socket.on("framereceived", lambda payload: self.received.append(str(payload)))

    def enter(self, name: str) -> "Visitor":
        self.page.goto(self.server.http + "/")
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_role("button", name="Connect").click()
        self.is_connected()
        return self

    def is_connected(self):
        expect(self.page.locator("#link")).to_have_attribute("data-status", "open", timeout=20_000)

    def room(self, name: str):
        return self.page.locator("#rooms .row", has_text=name)

    def open_room(self, name: str):
        # The list is refreshed now and then: a room of this second comes with the next look.
        self.page.evaluate("directory.refresh()")
        self.room(name).click()
        expect(self.page.locator("#talk-name")).to_have_text(name)
        expect(self.page.locator("#entries .note", has_text="You joined")).to_be_visible()

    def say(self, text: str):
        self.page.locator("#composer-text").fill(text)
        self.page.keyboard.press("Enter")

    def log(self, text: str):
        return self.page.locator("#entries .said", has_text=text)

    def member(self, name: str):
        return self.page.locator("#members .row", has_text=name)

    def close(self):
        self.context.close()


@pytest.fixture
def visit(browser, chat):
    visitors: list[Visitor] = []

    def visit(name: str | None = None, server=None, **options) -> Visitor:
        options.setdefault("viewport", DESKTOP)
        visitor = Visitor(browser, server or chat, options)
        visitors.append(visitor)
        return visitor.enter(name) if name else visitor

    yield visit
    faults = [fault for visitor in visitors for fault in visitor.faults]
    hosts = {host for visitor in visitors for host in visitor.hosts if host}
    for visitor in visitors:
        visitor.close()
    assert faults == []
    # Compared by host alone: a test may serve the page from a second port.
    assert {host.split(":")[0] for host in hosts} <= {"127.0.0.1"}, "the page asks no other host"


@pytest.fixture
def room(chat):
    """A room that only this test knows."""
    name = f"Room {os.urandom(4).hex()}"
    chat.create_room(name, "Made for one test")
    return name
