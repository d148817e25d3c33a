"""The page in a real browser, before a server whose stylizer a test can hold up."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.server.conftest import Gate, listening, picture

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass
class Visit:
    """A visitor's page, how often it has posted, and what it logged as wrong."""

    page: Any
    gate: Gate
    posts: int = 0
    wrong: list[str] = field(default_factory=list)

    def give(
        self, name: str = "holiday.jpg", data: bytes | None = None, to: str = "content"
    ) -> None:
        """Choose a file, as if in the dialog."""
        content = picture(900, 600, format="JPEG") if data is None else data
        file = {"name": name, "mimeType": f"image/{name.rsplit('.')[-1]}", "buffer": content}
        self.page.locator(f"#{to}").set_input_files(file)

    def settle(self, posts: int) -> None:
        """Wait until ``posts`` have been answered, and see that no more follow."""
        self.until(lambda: self.posts >= posts)
        self.holds("document.querySelector('#busy').hidden")
        self.page.wait_for_timeout(500)
        assert self.posts == posts

    def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        for _ in range(int(seconds * 20)):
            if condition():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("waited in vain")

    def holds(self, expression: str) -> None:
        """Wait until an expression of JavaScript is true."""
        self.until(lambda: bool(self.page.evaluate(expression)))

    def turn(self, name: str, value: float) -> None:
        """Move a dial as fingers do: over many places, and then let go."""
        self.page.locator(f".dial [name={name}]").evaluate(
            """(dial, value) => {
                 const from = Number(dial.value);
                 for (let i = 1; i <= 8; i++) {
                   dial.value = from + ((value - from) * i) / 8;
                   dial.dispatchEvent(new Event("input", { bubbles: true }));
                 }
                 dial.dispatchEvent(new Event("change", { bubbles: true }));
               }""",
            value,
        )

    def says(self, words: str) -> None:
        """Wait until the line of status has these words."""
        self.until(lambda: words in self.page.locator("#status").inner_text())

    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.id || document.activeElement.name")


@contextmanager
def visiting(browser: Any, gate: Gate, *, device: Any = None, **settings: Any) -> Iterator[Visit]:
    with listening(gate, **settings) as client:
        context = browser.new_context(**device or {"viewport": {"width": 1280, "height": 900}})
        context.set_default_timeout(20_000)
        page = context.new_page()
        visit = Visit(page, gate)
        page.on("request", lambda request: _noted(visit, request))
        page.on("pageerror", lambda error: visit.wrong.append(str(error)))
        page.on("console", lambda said: _heard(visit, said))
        try:
            page.goto(str(client.base_url))
            page.locator("button.swatch[aria-pressed=true]").wait_for()
            visit.holds("document.querySelectorAll('[name=region]').length == 2")
            yield visit
            assert not visit.wrong
        finally:
            gate.open.set()
            context.close()


def _noted(visit: Visit, request: Any) -> None:
    assert request.url.startswith(("http://127.0.0.1:", "blob:", "data:"))
    if request.method == "POST":
        visit.posts += 1


def _heard(visit: Visit, said: Any) -> None:
    if said.type == "error" and "the server responded with a status of" not in said.text:
        visit.wrong.append(said.text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM)
        yield started
        started.close()
