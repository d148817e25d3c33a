"""Formats by Accept header, and names of files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from styler_server.negotiation import FORMATS, accepted, disposition, file_name, stem, wants_events


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "png"),
        ("", "png"),
        ("image/*", "png"),
        ("image/jpeg", "jpeg"),
        ("image/webp, image/png;q=0.5", "webp"),
        ("image/webp;q=0.2, image/*;q=0.8", "png"),
        ("image/png;q=0, */*", "jpeg"),
        ("text/html,image/avif,image/webp,*/*;q=0.8", "webp"),
        ("application/json", None),
        ("image/*;q=0", None),
        ("image/avif", "avif"),
        ("IMAGE/JPEG ; q=1.0", "jpeg"),
        ("image/jpeg;q=9", "jpeg"),
    ],
)
def test_accepted(accept: str, expected: str | None) -> None:
    assert accepted(accept) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/event-stream", True),
        ("image/png, Text/Event-Stream ;q=0.1", True),
        ("text/event-stream;q=0", False),
        ("*/*", False),
        ("text/*", False),
    ],
)
def test_events_come_to_who_names_them(accept: str, expected: bool) -> None:
    assert wants_events(accept) is expected


@given(st.text())
def test_any_accept_is_answered(accept: str) -> None:
    assert accepted(accept) in (None, *FORMATS)


@pytest.mark.parametrize(
    ("filename", "style", "expected"),
    [
        ("photo.jpg", "great-wave", "photo-great-wave.png"),
        (None, None, "photo-painted.png"),
        ("C:\\me\\a b.JPG", "x", "a b-x.png"),
        ("../../etc/passwd", "x", "passwd-x.png"),
    ],
)
def test_disposition(filename: str | None, style: str | None, expected: str) -> None:
    name = file_name(stem(filename), style, "png")
    assert name == expected
    assert f'filename="{expected}"' in disposition(name)


@given(st.none() | st.text(st.characters()), st.none() | st.text(st.characters()))
def test_disposition_is_one_safe_header(filename: str | None, style: str | None) -> None:
    value = disposition(file_name(stem(filename), stem(style), "jpeg"))
    assert re.fullmatch(
        r"inline; filename=\"[A-Za-z0-9._ -]+\.jpg\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+\.jpg",
        value,
    )


def test_names_keep_their_letters() -> None:
    name = file_name("café", "x", "webp")
    assert "filename*=UTF-8''caf%C3%A9-x.webp" in disposition(name)
