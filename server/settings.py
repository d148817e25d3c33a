"""Every knob of the server, read from ``STYLER_*`` environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from styler.controls import STYLE_SIZE
from styler.errors import ParameterError, did_you_mean
from styler.jobs import size_of

PREFIX = "STYLER_"

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Settings(BaseSettings):
    """Immutable; ``STYLER_QUEUE=4`` sets ``queue``. Sizes are in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    model: str = Field(
        default="default", description="Shipped model, or a folder that styler export wrote."
    )
    engine: Literal["auto", "onnxruntime", "torch"] = Field(
        default="auto", description="What runs the network."
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="Threads of one painting; by default what the machine allows.",
    )
    style_size: int = Field(
        default=int(STYLE_SIZE.default),
        ge=STYLE_SIZE.low,
        le=STYLE_SIZE.high,
        description="Short side at which an uploaded painting is looked at, unless it is sent.",
    )

    max_bytes: int = Field(default=50_000_000, ge=1024, description="Largest request body.")
    max_pixels: int = Field(
        default=50_000_000, ge=1, description="Largest picture, before decoding."
    )
    max_memory: str | None = Field(
        default=None,
        description="Memory of the process, such as 700MB; what needs more is refused before it is "
        "decoded. By default seven tenths of what is free at start.",
    )
    pixel_budget: int = Field(
        default=150_000_000, ge=1, description="Pixels of all requests inside together."
    )

    uploads: int = Field(default=32, ge=1, description="Bodies that may be arriving at a time.")
    upload_seconds: Seconds = Field(default=30, description="Time for a body to arrive.")
    upload_rate: int = Field(
        default=10_000,
        ge=1,
        description="Least bytes a second of a body, after some seconds, and of who reads answers.",
    )
    header_seconds: Seconds = Field(default=10, description="Time for a request's head to arrive.")
    idle_seconds: Seconds = Field(
        default=5, description="Time that a connection without a request is kept."
    )

    queue: int = Field(
        default=8, ge=0, description="Requests that may be inside besides one that is painted."
    )
    wait_seconds: Seconds = Field(default=30, description="Longest wait for a turn.")
    request_seconds: Seconds = Field(
        default=90, description="Longest time from a body's arrival to the answer."
    )
    grace_seconds: Seconds = Field(
        default=8, description="Time that requests have to end when the server is stopped."
    )

    style_cache: int = Field(
        default=64, ge=0, description="Uploaded styles kept, about 10 KB each."
    )
    page: bool = Field(default=True, description="Serve the page at / besides the API.")

    job_folder: str | None = Field(
        default=None,
        description="Folder that keeps the pictures of jobs; without one no jobs are taken.",
    )
    job_queue: str | None = Field(
        default=None,
        description="The queue: a SQLite file, or a database such as "
        "postgresql://user@host/database. By default jobs.sqlite in the folder. Without a folder "
        "it is that of styler jobs alone.",
    )
    clip_seconds: Seconds = Field(default=60, description="Longest clip of a job.")
    clip_pixels: int = Field(
        default=2_100_000, ge=1, description="Largest frame of a clip, as it is painted."
    )
    job_painting: bool = Field(
        default=True,
        description="Paint jobs between requests; otherwise styler jobs run does.",
    )
    job_limit: int = Field(default=100, ge=1, description="Jobs that may be unfinished at a time.")
    job_keep_seconds: float = Field(
        default=86_400,
        gt=0,
        le=31_536_000,
        allow_inf_nan=False,
        description="Time that a job and its results are kept once it is over.",
    )
    webhook_hosts: str | None = Field(
        default=None,
        description="Hosts, separated by commas, that may be told of a job's end; *.example.org is "
        "all below, example.org:8080 another port than its own. By default none.",
    )

    hosts: str | None = Field(
        default=None,
        description="Names, separated by commas, that requests may call the server by; "
        "*.example.org is all below. By default any.",
    )
    api_keys: str | None = Field(
        default=None,
        description="SHA-256 of each key, in hexadecimal, separated by commas, one of which a "
        "request must send as a bearer token. By default none is needed.",
    )
    rate: str | None = Field(
        default=None,
        description="How often each key may be used, such as 60/minute. By default as often as it "
        "likes.",
    )
    otel: bool = Field(
        default=False,
        description="Send traces by OpenTelemetry, to where OTEL_* variables say; needs "
        "styler[otel].",
    )
    log_clients: bool = Field(default=False, description="Tell clients' addresses in the log.")
    stay: bool = Field(
        default=False, description="Go on answering where the model cannot be loaded."
    )

    @field_validator("max_memory")
    @classmethod
    def _is_a_size(cls, value: str | None) -> str | None:
        if value is not None:
            size_of(value)
        return value

    @field_validator("api_keys")
    @classmethod
    def _are_hashes(cls, value: str | None) -> str | None:
        if value is not None and not all(re.fullmatch("[0-9a-f]{64}", key) for key in _list(value)):
            raise ValueError("give the SHA-256 of each key, 64 hexadecimal digits")
        return value

    @field_validator("rate")
    @classmethod
    def _is_a_rate(cls, value: str | None) -> str | None:
        if value is not None:
            from limits import parse

            try:
                parse(value)
            except ValueError:
                raise ValueError("give such as 60/minute, 5/second or 1000/day") from None
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> Settings:
        if self.rate is not None and not self.keys:
            raise ValueError("rate is of each key, and there are no api_keys")
        if self.wait_seconds > self.request_seconds:
            raise ValueError("wait_seconds is over request_seconds, within which all is done")
        return self

    @property
    def jobs(self) -> str | None:
        """Where the queue is; ``None`` where no jobs are taken."""
        if self.job_folder is None:
            return None
        return self.job_queue or os.path.join(self.job_folder, "jobs.sqlite")  # noqa: PTH118

    @property
    def memory(self) -> int | None:
        """``max_memory`` in bytes."""
        return None if self.max_memory is None else size_of(self.max_memory)

    @property
    def keys(self) -> tuple[str, ...]:
        """``api_keys`` one by one."""
        return _list(self.api_keys)

    @property
    def told(self) -> tuple[str, ...]:
        """``webhook_hosts`` one by one."""
        return _list(self.webhook_hosts)

    @property
    def names(self) -> tuple[str, ...]:
        """``hosts`` one by one."""
        return _list(self.hosts)


def check_environment(known: Iterable[str] = (), begin: Iterable[str] = ()) -> None:
    """Refuse variables that look like settings and are none.

    Args:
        known: further names, and
        begin: beginnings of names, without prefix, which belong to others.

    Raises:
        ParameterError: there is one.
    """
    names = {PREFIX + name.upper() for name in (*Settings.model_fields, *known)}
    others = tuple(f"{PREFIX}{name.upper()}_" for name in begin)
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in names and not name.startswith(others):
            hint = did_you_mean(name, names, "docs/http.md lists them; unset it")
            raise ParameterError(f"{name}: no such setting; {hint}")


def _list(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
