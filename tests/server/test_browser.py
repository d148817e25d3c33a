"""The page as a visitor meets it: driven in a real browser, before a server under control."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import numpy as np
import pytest
from styler_server.progress import Progress

from styler.controls import Controls
from styler.errors import ImageError
from styler.imaging import Header
from tests.server import conftest
from tests.server.browser import PHONE, Visit, browser, visiting
from tests.server.conftest import Gate, decoded, picture

__all__ = ["browser"]

pytestmark = pytest.mark.slow

Visiting = Callable[..., AbstractContextManager[Visit]]
FIRST = "van-gogh-wheat-field"


@pytest.fixture
def visit_page(browser: Any, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Visiting:
    monkeypatch.setitem(
        conftest.PRESETS, FIRST, conftest.Preset("A Wheatfield", "Vincent van Gogh", "1889", 120)
    )
    return partial(visiting, browser, gate)


@pytest.fixture
def visit(visit_page: Visiting) -> Iterator[Visit]:
    with visit_page() as visit:
        yield visit


def test_a_visit_posts_nothing_and_shows_a_painting(visit: Visit) -> None:
    visit.settle(0)
    page = visit.page
    assert page.locator("#after").is_visible() and page.locator("#before").is_visible()
    assert page.locator("#chosen b").inner_text() == "A Wheatfield"
    assert page.evaluate("document.querySelector('#after').naturalWidth") == 640


def test_a_photo_is_reduced_for_its_preview(visit: Visit, gate: Gate) -> None:
    visit.give(data=picture(3000, 2000, format="JPEG"))
    visit.settle(1)
    assert max(gate.sizes[-1]) <= 640 and min(gate.sizes[-1]) <= 384
    assert visit.page.locator("#before").get_attribute("alt") == "Your photo"
    assert visit.page.locator("#after").is_visible()


def drop(visit: Visit, target: str, data: bytes, name: str) -> None:
    """Drop a file on the part of the page that ``target`` selects."""
    transfer = visit.page.evaluate_handle(
        """([bytes, name]) => {
             const transfer = new DataTransfer();
             transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
             return transfer;
           }""",
        [list(data), name],
    )
    for event in ("dragover", "drop"):
        visit.page.dispatch_event(target, event, {"dataTransfer": transfer})


def test_a_dropped_photo_and_a_dropped_painting(visit: Visit, gate: Gate) -> None:
    drop(visit, "#view", picture(), "dropped.png")
    visit.settle(1)
    drop(visit, "#swatches", picture(30, 30), "mine.png")
    visit.settle(2)
    assert gate.styled == 1
    assert visit.page.locator("#chosen b").inner_text() == "mine"


def test_one_request_for_a_settled_slider(visit: Visit, gate: Gate) -> None:
    visit.give()
    visit.settle(1)
    visit.turn("brushwork", 1.7)
    visit.settle(2)
    assert gate.controls["brushwork"] == 1.7
    visit.turn("stroke_size", 1)
    visit.settle(3)
    assert gate.controls["stroke_size"] == 2
    visit.turn("stroke_size", 0)  # painted before: nothing is asked again
    visit.settle(3)
    dial = visit.page.locator(".dial [name=strength]")
    dial.focus()
    for _ in range(5):
        dial.press("ArrowLeft")
    visit.settle(4)


def test_some_dials_are_there_where_they_do_something(visit: Visit, gate: Gate) -> None:
    page = visit.page
    for dials in ("#own-dial", "#keep-dial"):
        assert page.locator(dials).is_hidden()
    visit.give(data=picture(1200, 900, format="JPEG"))
    visit.settle(1)
    visit.give("mine.png", picture(1300, 1200), to="style")
    visit.settle(2)
    visit.turn("style_size", 1)
    visit.settle(3)
    assert gate.style_size == 1024 and gate.styled == 2
    page.get_by_text("Colours", exact=True).click()
    page.get_by_label("the photo, in mood").check()
    visit.settle(4)
    visit.turn("keep_amount", 0.4)
    visit.settle(5)
    assert gate.controls["keep_amount"] == 0.4
    page.get_by_label("the painting", exact=True).check()
    visit.settle(5)  # as before
    assert page.locator("#keep-dial").is_hidden()
    page.locator("button.swatch").first.click()
    visit.settle(6)
    assert gate.controls["keep_amount"] == 1 and gate.controls["keep_colours"] is None
    assert page.locator("#own-dial").is_hidden()


def test_detail_is_for_the_full_size(visit: Visit, gate: Gate) -> None:
    visit.give(data=picture(1200, 900, format="JPEG"))
    visit.settle(1)
    visit.turn("canvas", 1)
    visit.settle(1)
    full(visit)
    visit.page.locator("#download").wait_for()
    assert gate.controls["canvas"] == 1024


def test_the_slider_shows_before_the_server_has_painted(visit: Visit, gate: Gate) -> None:
    visit.give()
    visit.settle(1)
    gate.open.clear()
    visit.turn("strength", 0.5)
    assert visit.page.evaluate("document.querySelector('#after').style.opacity") == "0.5"
    gate.open.set()
    visit.settle(2)
    assert visit.page.evaluate("document.querySelector('#after').style.opacity") == "1"


def test_a_preview_that_is_overtaken_is_given_up(visit: Visit, gate: Gate) -> None:
    visit.give()
    visit.settle(1)
    gate.open.clear()
    gate.entered.clear()
    visit.turn("boldness", 0.4)
    visit.until(gate.entered.is_set)
    for boldness in (0.6, 0.8, 1):
        visit.turn("boldness", boldness)
        visit.page.wait_for_timeout(500)
    gate.open.set()
    visit.settle(5)
    assert gate.controls["boldness"] == 1
    assert gate.painted <= 3  # the first photo, perhaps the one under way, and the last


def test_another_photo_gives_up_the_painting_of_the_one_before(visit: Visit, gate: Gate) -> None:
    gate.open.clear()
    visit.give("first.jpg", picture(300, 200, format="JPEG"))
    visit.until(gate.entered.is_set)
    visit.give("second.jpg", picture(200, 300, format="JPEG"))
    visit.until(lambda: visit.posts == 2)
    assert visit.page.locator("#after").is_hidden()
    gate.open.set()
    visit.settle(2)
    assert visit.page.evaluate("document.querySelector('#after').naturalHeight") == 300


def test_colours_are_kept_in_three_ways(visit: Visit, gate: Gate) -> None:
    visit.give()
    visit.settle(1)
    visit.page.get_by_text("Colours", exact=True).click()
    for posts, way in enumerate(("luminance", "coral", "histogram"), 2):
        visit.page.locator(f"[name=keep_colours][value={way}]").check()
        visit.settle(posts)
        assert gate.controls["keep_colours"] == way
    visit.page.locator("#reset").click()
    visit.settle(4)  # as at first: known


def test_styles_are_mixed_by_weight(visit: Visit, gate: Gate) -> None:
    page = visit.page
    visit.give()
    visit.settle(1)
    page.locator("#mix").check()
    page.get_by_role("button", name="The Great Wave").click()
    visit.settle(2)
    assert gate.weights == [1, 1]
    slider = page.get_by_label("How much of The Great Wave")
    slider.fill("0.25")
    visit.settle(3)
    assert gate.weights == [1, 0.25]
    assert page.locator("#chosen output").all_inner_texts() == ["80 %", "20 %"]
    page.get_by_role("button", name="Remove The Great Wave").click()
    visit.settle(3)  # the first style alone is known
    assert visit.focused() == "mix"


def brush(visit: Visit, *points: tuple[float, float]) -> None:
    """Draw over the picture; points in shares of it."""
    box = visit.page.locator("#view").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    mouse = visit.page.mouse
    mouse.move(*at[0])
    mouse.down()
    for point in at[1:]:
        mouse.move(*point, steps=8)
    mouse.up()


def test_faces_stay_where_the_brush_says_so(visit: Visit, gate: Gate) -> None:
    visit.give(data=picture(300, 300, format="JPEG"))
    visit.settle(1)
    painted = visit.page.locator("#after").get_attribute("src")
    visit.page.locator("#where summary").click()
    visit.page.locator("#view").scroll_into_view_if_needed()
    brush(visit, (0.1, 0.2), (0.9, 0.2))
    visit.settle(2)
    assert visit.page.locator("#after").get_attribute("src") != painted
    only = gate.controls["only"]
    assert only.shape == (300, 300)
    assert only[60, 150] < 0.01 < 0.99 < only[280, 20]
    assert gate.controls["masks"] is None
    visit.page.locator("#undo").click()
    visit.settle(2)  # as before the brush


def test_a_style_goes_where_the_brush_says_and_the_other_elsewhere(
    visit: Visit, gate: Gate
) -> None:
    page = visit.page
    visit.give(data=picture(300, 300, format="JPEG"))
    page.locator("#mix").check()
    page.get_by_role("button", name="The Great Wave").click()
    visit.until(lambda: visit.posts > 0)
    page.locator("#where summary").click()
    page.get_by_label("where The Great Wave off Kanagawa goes").check()
    page.locator("#view").scroll_into_view_if_needed()
    before = visit.posts
    brush(visit, (0.1, 0.5), (0.9, 0.5))
    visit.until(lambda: visit.posts > before)
    visit.holds("document.querySelector('#busy').hidden")
    elsewhere, there = gate.controls["masks"]
    assert there[150, 150] > 0.99 > 0.01 > there[30, 150]
    np.testing.assert_allclose(elsewhere + there, 1, atol=0.02)
    assert page.locator("#error").is_hidden()


def full(visit: Visit) -> None:
    visit.page.locator("#paint").click()


def test_full_size_is_downloaded_by_name_and_format_without_painting_again(
    visit: Visit, gate: Gate, tmp_path: Path
) -> None:
    page = visit.page
    visit.give("holiday.jpg")
    visit.settle(1)
    full(visit)
    page.locator("#download").wait_for()
    for format, name in (
        ("jpeg", "holiday-van-gogh-wheat-field.jpg"),
        ("webp", "holiday-van-gogh-wheat-field.webp"),
        ("png", "holiday-van-gogh-wheat-field.png"),
    ):
        page.locator("#format").select_option(format)
        visit.holds(f"document.querySelector('#download').download === '{name}'")
        with page.expect_download() as download:
            page.locator("#download").click()
        assert download.value.suggested_filename == name
        download.value.save_as(tmp_path / name)
        image = decoded((tmp_path / name).read_bytes())
        assert (image.format, image.size) == (format.upper(), (900, 600))
    assert visit.posts == 2 and gate.painted == 2
    visit.says("Ready as PNG")


def test_cancel_and_again(visit: Visit, gate: Gate) -> None:
    page = visit.page
    visit.give()
    visit.settle(1)
    gate.open.clear()
    gate.entered.clear()
    page.locator("#paint").focus()
    page.keyboard.press("Enter")
    visit.until(gate.entered.is_set)
    assert visit.focused() == "cancel"
    visit.says("Painting in full size")
    visit.holds("document.querySelector('#progress').value > 15")
    page.keyboard.press("Enter")
    visit.says("Cancelled")
    assert visit.focused() == "paint"
    gate.open.set()
    page.keyboard.press("Enter")
    page.locator("#download").wait_for()
    assert visit.focused() == "download"


def test_the_percentage_is_the_servers(visit: Visit, gate: Gate) -> None:
    visit.give(data=picture(6000, 40, format="JPEG"))
    visit.settle(1)
    gate.share, expected = 0.6, Progress()
    expected.expect(Header(6000, 40, "jpeg", "RGB", 8, False, 3.0), Controls(), "jpeg")
    expected.tell("paint", 0.6)
    gate.open.clear()
    full(visit)
    visit.says("Painting in full size")
    percent = round(15 + 0.85 * expected.percent)
    visit.until(lambda: visit.page.locator("#percent").inner_text() == f"{percent} %")
    gate.open.set()
    visit.page.locator("#download").wait_for()


def test_a_late_failure_is_told(visit: Visit, gate: Gate) -> None:
    visit.give()
    visit.settle(1)
    gate.failure = ImageError("content: damaged")
    gate.open.clear()
    full(visit)
    visit.says("Painting in full size")
    gate.open.set()
    visit.page.locator("#again").wait_for()
    assert visit.page.locator("#error-text").inner_text() == "Your photo: damaged."


def test_the_queue_is_told(visit: Visit, gate: Gate) -> None:
    visit.give()
    visit.settle(1)
    gate.open.clear()
    gate.entered.clear()
    other = Thread(
        target=lambda: httpx.post(
            visit.page.url + "v1/stylize",
            files={"content": ("a.png", picture(900, 600))},  # in the same lane
            data={"preset": FIRST},
            timeout=30,
            trust_env=False,
        )
    )
    other.start()
    visit.until(gate.entered.is_set)
    full(visit)
    visit.says("In the queue: 1 before you")
    assert visit.page.locator("#percent").inner_text() == "1 before you"
    gate.open.set()
    visit.page.locator("#download").wait_for()
    other.join(20)


def test_a_failure_can_be_tried_again(visit: Visit, gate: Gate) -> None:
    page = visit.page
    visit.give()
    visit.settle(1)
    gate.failure = RuntimeError("a secret")
    full(visit)
    page.locator("#again").wait_for()
    assert "secret" not in page.locator("#error").inner_text()
    gate.failure = None
    page.locator("#again").click()
    page.locator("#download").wait_for()
    assert page.locator("#error").is_hidden()


@pytest.mark.parametrize("to", ["content", "style"])
def test_a_bad_file_costs_nothing(visit: Visit, to: str) -> None:
    page = visit.page
    visit.give()
    visit.settle(1)
    had = [page.locator(f"#{name}").get_attribute("src") for name in ("before", "after")]
    visit.give("broken.jpg", b"no picture at all", to=to)
    page.locator("#error").wait_for()
    text = page.locator("#error-text").inner_text()
    assert text.startswith("Your photo" if to == "content" else "Your painting")
    assert "What you had is still here" in text and "content:" not in text
    assert [page.locator(f"#{name}").get_attribute("src") for name in ("before", "after")] == had
    assert page.locator("#chosen b").inner_text() == "A Wheatfield"
    page.locator("#dismiss").click()
    assert page.locator("#error").is_hidden() and visit.focused() == "view"


def test_what_only_the_server_reads_is_painted(visit: Visit, gate: Gate) -> None:
    visit.give("scan.tiff", picture(60, 40, format="TIFF"))
    visit.settle(2)  # the photo to look at, and its preview
    assert visit.page.evaluate("document.querySelector('#before').naturalWidth") == 60
    assert visit.page.locator("#error").is_hidden()


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_when_it_says(visit: Visit, status: int) -> None:
    refused: list[float] = []

    def busy(route: Any) -> None:
        if len(refused) == 2:
            route.continue_()
            return
        refused.append(time.monotonic())
        problem = '{"type": "/docs#queue-full", "detail": "9 requests are inside already"}'
        headers = {"Retry-After": "1", "Content-Type": "application/problem+json"}
        route.fulfill(status=status, headers=headers, body=problem)

    visit.page.route("**/v1/stylize", busy)
    visit.give()
    visit.says("The server is busy; trying again in 1 s.")
    visit.settle(3)
    assert refused[1] - refused[0] >= 1
    assert visit.page.locator("#after").is_visible() and visit.page.locator("#error").is_hidden()


def test_a_server_that_stays_busy_is_left_alone(visit: Visit) -> None:
    problem = '{"type": "/docs#queue-full", "detail": "9 requests are inside already"}'
    headers = {"Retry-After": "1", "Content-Type": "application/problem+json"}
    visit.page.route(
        "**/v1/stylize", lambda route: route.fulfill(status=503, headers=headers, body=problem)
    )
    visit.give()
    visit.page.locator("#again").wait_for()
    visit.settle(4)
    assert visit.page.locator("#error-text").inner_text() == "9 requests are inside already."


def test_before_and_after(visit: Visit) -> None:
    page = visit.page
    visit.give()
    visit.settle(1)
    divider = page.locator("#divider")
    divider.focus()
    for _ in range(30):
        divider.press("ArrowRight")
    assert divider.get_attribute("aria-valuetext") == "30 % photo, 70 % painting"
    box = page.locator("#view").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 20)
    page.mouse.down()
    visit.holds("document.querySelector('#view').matches('.original')")
    page.mouse.up()
    assert not page.locator("#view").evaluate("view => view.matches('.original')")


def test_zoom_by_keys_buttons_and_mouse(visit: Visit) -> None:
    page = visit.page
    view = page.locator("#view")
    level = page.locator("#zoom-fit")
    view.focus()
    view.press("+")
    assert level.inner_text() == "150 %"
    shift = "view => view.style.getPropertyValue('--x')"
    was = view.evaluate(shift)
    view.press("ArrowRight")
    assert view.evaluate(shift) != was
    page.locator("#zoom-in").click()
    assert level.inner_text() == "225 %"
    level.click()
    assert level.inner_text() == "100 %"
    box = view.bounding_box()
    page.mouse.dblclick(box["x"] + box["width"] * 0.2, box["y"] + 30)
    assert level.inner_text() == "250 %"


def test_by_keyboard_alone(visit: Visit, gate: Gate) -> None:
    page = visit.page
    visit.give()  # the dialog of files is the browser's
    visit.settle(1)
    page.locator("#content").focus()
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(at => at.id || at.className)(document.activeElement)"))
        if seen[-1] == "swatch":
            break
    assert {"paint", "format", "mix"} <= set(seen)
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.matches('.swatches *')")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    visit.settle(2)
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('.swatches *')")
    page.locator("#where summary").focus()
    page.keyboard.press("Enter")
    page.locator("#view").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    visit.says("Marked at 45 % across, 50 % down.")
    visit.until(lambda: gate.controls["only"] is not None)


def test_on_a_phone(visit_page: Visiting, gate: Gate) -> None:
    with visit_page(device=PHONE) as visit:
        page = visit.page
        assert page.get_by_text("Choose a photo or take one.").is_visible()
        assert page.get_by_text("drop or paste").is_hidden()
        visit.give(data=picture(600, 900, format="JPEG"))
        visit.settle(1)
        page.get_by_role("button", name="Wheatfield with Crows").tap()
        visit.settle(2)
        page.locator(".dial [name=strength]").scroll_into_view_if_needed()
        assert page.locator("#view").bounding_box()["y"] >= 0  # stays in sight
        page.locator("#paint").tap()
        page.locator("#download").wait_for()
        bottom = "document.querySelector('#download').getBoundingClientRect().bottom"
        assert page.evaluate(f"{bottom} <= innerHeight")


def fingers(visit: Visit) -> Callable[..., None]:
    """``touch("touchStart", (0.5, 0.5))``: fingers on the picture; points in shares of it."""
    session = visit.page.context.new_cdp_session(visit.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        box = visit.page.locator("#view").bounding_box()
        at = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": n}
            for n, (x, y) in enumerate(points)
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    return touch


def test_fingers_zoom_hold_and_brush(visit_page: Visiting, gate: Gate) -> None:
    with visit_page(device=PHONE) as visit:
        page = visit.page
        view = page.locator("#view")
        touch = fingers(visit)
        visit.give(data=picture(600, 600, format="JPEG"))
        visit.settle(1)
        touch("touchStart", (0.8, 0.2))
        visit.holds("document.querySelector('#view').matches('.original')")
        touch("touchEnd")
        visit.holds("!document.querySelector('#view').matches('.original')")
        touch("touchStart", (0.4, 0.5), (0.6, 0.5))
        touch("touchMove", (0.3, 0.5), (0.7, 0.5))
        touch("touchMove", (0.2, 0.5), (0.8, 0.5))
        touch("touchEnd")
        assert 2 < float(view.evaluate("view => view.style.getPropertyValue('--scale')")) < 4
        page.locator("#zoom-fit").tap()
        page.locator("#where summary").tap()
        touch("touchStart", (0.2, 0.2))
        touch("touchMove", (0.5, 0.2))
        touch("touchMove", (0.8, 0.2))
        touch("touchEnd")
        visit.settle(2)
        assert gate.controls["only"][77, 192] < 0.01


def test_shared_and_copied_as_it_is(visit: Visit) -> None:
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        """() => {
             navigator.canShare = () => true;
             navigator.share = async ({ files }) => (window.taken = files[0].name);
           }"""
    )
    visit.give()
    visit.settle(1)
    full(visit)
    page.locator("#share").click()
    visit.holds("window.taken === 'holiday-van-gogh-wheat-field.jpg'")
    page.locator("#copy").click()
    visit.says("Copied")
    copied = "navigator.clipboard.read().then(([item]) => item.types.join())"
    assert page.evaluate(copied) == "image/png"
    assert visit.posts == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_for_axe_to_find(visit_page: Visiting, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    device = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    if width == 320:
        device |= {"has_touch": True, "is_mobile": True}
    with visit_page(device=device) as visit:
        page = visit.page

        def clean() -> None:
            page.wait_for_timeout(300)  # colours have faded to what they are to be
            found = axe.run(page)
            assert not found.response["violations"], found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        clean()
        visit.give()
        visit.settle(1)
        page.locator("#mix").check()
        page.get_by_role("button", name="The Great Wave").click()
        visit.settle(2)
        for summary in page.locator("summary").all():
            summary.click()
        clean()
        full(visit)
        page.locator("#download").wait_for()
        clean()
        visit.give("broken.jpg", b"no picture")
        page.locator("#error").wait_for()
        clean()
