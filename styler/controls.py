"""The controls of a painting: ranges, defaults and meaning, the same in Python, CLI and HTTP.

Light on purpose: ``styler --help`` and the description of the server are made from this.
"""

import math
from dataclasses import dataclass
from typing import Literal

from styler.errors import ParameterError

__all__ = [
    "KEEP_AMOUNT",
    "KEEP_COLOURS",
    "MASK",
    "ONLY",
    "SIZE",
    "STRENGTH",
    "STYLE_SIZE",
    "Controls",
    "KeepColours",
    "Number",
    "Size",
    "check_masks",
]

KeepColours = Literal["luminance", "coral", "histogram"]


@dataclass(frozen=True)
class Number:
    """A control that is a number.

    Attributes:
        name: of the argument and of the form's field; with hyphens, of the option.
        low, high: its range, both included; whole numbers where these are.
        default: where it is not given.
        help: what it does.
    """

    name: str
    low: float
    high: float
    default: float
    help: str

    def check(self, value: float) -> None:
        """Raise ``ParameterError`` unless ``value`` is in the range."""
        try:
            fits = bool(self.low <= value <= self.high)  # false for what is no number
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ParameterError(
                f"{self.name} must be from {self.low:g} to {self.high:g}, not {value!r:.40}"
            )


STRENGTH = Number(
    "strength", 0.0, 1.5, 1.0,
    "How much of the style: 0 is the photo itself, 1 the style, beyond it exaggerates.",
)  # fmt: skip
STYLE_SIZE = Number(
    "style_size", 16, 4096, 512,
    "Short side at which a painting is looked at: smaller gives broader strokes. Saved styles "
    "keep theirs.",
)  # fmt: skip
KEEP_AMOUNT = Number(
    "keep_amount", 0.0, 1.0, 1.0,
    "How much of the photo's colours to keep: 0 is none, 1 all.",
)  # fmt: skip

SIZE = "Shrink the photo first: long side in pixels, or an area such as 2MP."
KEEP_COLOURS = (
    "Keep the photo's colours: by its chroma (luminance), by the mean and covariance of its "
    "colours (coral), or by the histogram of each channel (histogram)."
)
MASK = (
    "Where a style goes, one mask for each style in their order: a grey picture of any size, "
    "white is there, black not, grey in part. What no mask covers stays photo."
)
ONLY = "Paint only where this grey picture is white; the rest of the photo stays as it is."


@dataclass(frozen=True)
class Size:
    """A bound on a picture's size: a long side in pixels or an area in megapixels."""

    long_side: int | None = None
    megapixels: float | None = None

    @classmethod
    def of(cls, value: "int | str | Size") -> "Size":
        """``1600`` or ``"1600"`` is a long side, ``"2MP"`` an area.

        Raises:
            ParameterError: it is neither.
        """
        if isinstance(value, Size):
            return value
        text = str(value).strip().lower()
        try:
            size = (
                cls(megapixels=float(text.removesuffix("mp")))
                if text.endswith("mp")
                else cls(long_side=int(text))
            )
        except ValueError:
            raise ParameterError(
                f"size: {value!r:.40} is neither a long side (1600) nor an area (2MP)"
            ) from None
        if not 0 < (size.long_side or size.megapixels or 0) < 1e9:
            raise ParameterError(f"size: {value!r:.40} is not above zero, or absurdly large")
        return size

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """`width` and `height` shrunk in proportion to keep the bound; never grown."""
        if self.long_side is not None:
            scale = self.long_side / max(width, height)
        else:
            scale = math.sqrt((self.megapixels or 0.0) * 1e6 / (width * height))
        if scale >= 1:
            return width, height
        return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True)
class Controls:
    """How to paint, apart from photo, styles and masks; named as :meth:`Stylizer.stylize` does.

    Raises:
        ParameterError: a value is out of its range.
    """

    strength: float = STRENGTH.default
    size: Size | None = None
    style_size: int = int(STYLE_SIZE.default)
    keep_colours: KeepColours | None = None
    keep_amount: float = KEEP_AMOUNT.default

    def __post_init__(self) -> None:
        STRENGTH.check(self.strength)
        STYLE_SIZE.check(self.style_size)
        KEEP_AMOUNT.check(self.keep_amount)
        known = KeepColours.__args__  # type: ignore[attr-defined]
        if self.keep_colours is not None and self.keep_colours not in known:
            raise ParameterError(
                f"keep_colours must be one of {', '.join(known)}, not {self.keep_colours!r:.40}"
            )


def check_masks(masks: int, styles: int) -> None:
    """Raise ``ParameterError`` unless there are as many masks as styles."""
    if masks != styles:
        raise ParameterError(f"masks: {masks} for {styles} styles; give one for each style")
