"""Which picture format an ``Accept`` header asks for, and how the file is to be called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Literal, get_args
from urllib.parse import quote

Format = Literal["png", "jpeg", "webp", "avif", "tiff", "gif"]
FORMATS: tuple[Format, ...] = get_args(Format)


def wants_events(accept: str) -> bool:
    """Whether an ``Accept`` header names server-sent events."""
    return any(media == "text/event-stream" and quality for media, quality in _media_ranges(accept))


def accepted(accept: str) -> Format | None:
    """The best of ``FORMATS`` by quality values (RFC 9110, 12.5.1), PNG where all are alike;
    ``None`` where it is to be none of them."""
    qualities = dict.fromkeys(FORMATS, 0.0)
    specificity = dict.fromkeys(FORMATS, -1)
    for media, quality in _media_ranges(accept):
        for name in FORMATS:
            level = (
                ("*/*", "image/*", f"image/{name}").index(media)
                if media in ("*/*", "image/*", f"image/{name}")
                else -1
            )
            if level > specificity[name]:
                specificity[name], qualities[name] = level, quality
    best = max(FORMATS, key=lambda name: qualities[name])  # the first of equals
    return best if qualities[best] or not accept.strip() else None


def _media_ranges(accept: str) -> Iterator[tuple[str, float]]:
    for item in accept.lower().split(","):
        media, *parameters = (part.strip() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            if match := re.fullmatch(r"q=([01](?:\.\d{0,3})?)", parameter):
                quality = float(match[1])
        yield media, quality


def stem(filename: str | None) -> str | None:
    """A client's file name without folders and extension; ``None`` where nothing is left."""
    return PurePath((filename or "").replace("\\", "/")).stem[:100] or None


def file_name(photo: str | None, style: str | None, format: Format) -> str:
    """What to call a photo painted in a style: photo-style.png."""
    suffix = {"jpeg": "jpg", "tiff": "tif"}.get(format, format)
    name = f"{photo or 'photo'}-{style or 'painted'}.{suffix}"
    return "".join(c if c.isprintable() and c not in '/\\":' else "_" for c in name)


def disposition(name: str) -> str:
    """``Content-Disposition`` of a file of that name (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
