#!/usr/bin/env python3
"""Take the pictures of the page that docs/http.md shows.

    styler serve & scripts/shoot_page.py

Needs Playwright and Debian's Chromium. The photo is the drawn lake that the page begins with.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).resolve().parent.parent / "docs" / "page"


def opened(browser: Browser, address: str, width: int, height: int, **device: object) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, **device)
    page.goto(address)
    page.locator("button.swatch[aria-pressed=true]").wait_for()
    page.wait_for_timeout(1000)
    return page


def save(page: Page, name: str, quality: int) -> None:
    DOCS.mkdir(exist_ok=True)
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").save(DOCS / name, quality=quality, method=6)


def main(address: str = "http://127.0.0.1:8000/") -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = opened(browser, address, 1280, 860)
        page.locator("#mix").check()
        page.get_by_role("button", name="Arlésiennes").click()
        page.get_by_label("How much of Arlésiennes").fill("0.5")
        page.get_by_text("A preview").wait_for()
        page.wait_for_timeout(5000)
        save(page, "mixture.webp", 62)
        phone = opened(
            browser, address, 390, 844, is_mobile=True, has_touch=True, color_scheme="dark"
        )
        save(phone, "phone.webp", 62)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
