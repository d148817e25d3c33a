"""Every knob of the server, read from ``STYLER_*`` environment variables."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from styler.controls import STYLE_SIZE
from styler.jobs import size_of


class Settings(BaseSettings):
    """Immutable; ``STYLER_QUEUE=4`` sets ``queue``. Sizes are in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="STYLER_", frozen=True)

    model: str = Field(
        default="default", description="Shipped model, or a folder that styler export wrote."
    )
    engine: Literal["auto", "onnxruntime", "torch"] = Field(
        default="auto", description="What runs the network."
    )
    threads: int | None = Field(
        default=None,
        ge=1,
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
        description="Memory of the process, such as 700MB; photos that need more are refused "
        "before they are decoded. By default what is free.",
    )
    upload_seconds: float = Field(default=30, gt=0, description="Time for a body to arrive.")

    queue: int = Field(default=8, ge=0, description="Requests that may wait while one is painted.")
    wait_seconds: float = Field(default=30, gt=0, description="Longest wait in that queue.")

    style_cache: int = Field(
        default=64, ge=0, description="Uploaded styles kept, about 10 KB each."
    )
    page: bool = Field(default=True, description="Serve the page at / besides the API.")

    @field_validator("max_memory")
    @classmethod
    def _is_a_size(cls, value: str | None) -> str | None:
        if value is not None:
            size_of(value)
        return value

    @property
    def memory(self) -> int | None:
        """``max_memory`` in bytes."""
        return None if self.max_memory is None else size_of(self.max_memory)
