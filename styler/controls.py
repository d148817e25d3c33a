"""The controls of a painting, each defined once: Python, command line and HTTP are made from it.

Light on purpose: ``styler --help`` and the description of the server are made from this.
"""

import math
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field, fields
from typing import Any, Literal

from styler.errors import ParameterError

__all__ = [
    "CONTROLS",
    "KEEP_AMOUNT",
    "MASK",
    "ONLY",
    "STRENGTH",
    "STYLE_SIZE",
    "Control",
    "Controls",
    "KeepColours",
    "Size",
    "check_masks",
    "described",
]

KeepColours = Literal["luminance", "coral", "histogram"]

MASK = (
    "Where a style goes, one mask for each style in their order: a grey picture of any size, "
    "white is there, black not, grey in part; of 0 and 1 alone, 1 is white. What no mask covers "
    "stays photo."
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

    def __str__(self) -> str:
        return f"{self.megapixels}MP" if self.long_side is None else str(self.long_side)

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
class Control:
    """What is known of a control.

    Attributes:
        name: of the keyword and of the form's field; with hyphens, of the option.
        default: where it is not given.
        help: what it does.
        low, high: the range of a number, both included; whole numbers where these are.
        choices: what it may be, where that is a few words.
        of: makes its value of what is given, its own ``str`` included, where it is of a type of its
            own.
        examples: of what may be given.
        metavar: how the command line calls its value.
        unset: what the command line says of its absence.
        looks: whether it changes how a painting looks, rather than how large it is.
        needs: name of the control without which it has no effect.
        also: another spelling of its name.
    """

    name: str
    default: Any
    help: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    of: Callable[[Any], Any] | None = None
    examples: tuple[str, ...] = ()
    metavar: str | None = None
    unset: str | None = None
    looks: bool = True
    needs: str | None = None
    also: str | None = None

    def taken(self, value: Any) -> Any:
        """The control's value of what is given.

        Raises:
            ParameterError: it is out of range, none of the choices, or nothing like it.
        """
        if value is None and self.default is None:
            return None
        if self.of:
            return self.of(value)
        if self.choices:
            if value not in self.choices:
                known = ", ".join(self.choices)
                raise ParameterError(f"{self.name} must be one of {known}, not {value!r:.40}")
            return value
        try:
            fits = bool(self.low <= value <= self.high)  # false for what is no number
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ParameterError(
                f"{self.name} must be from {self.low:g} to {self.high:g}, not {value!r:.40}"
            )
        return value


def about(help: str, **more: Any) -> dict[str, Any]:
    """The metadata of a field: the further attributes of its :class:`Control`."""
    return {"help": help, **more}


@dataclass(frozen=True, kw_only=True)
class Controls:
    """How to paint, apart from photo, styles and masks: the keywords of :meth:`Stylizer.stylize`.

    A field added here is a keyword, an option of the command line and a field of the form.
    ``keep_colors`` is another spelling of ``keep_colours``.

    Raises:
        ParameterError: a value is out of its range, or has no effect without another.
    """

    strength: float = field(
        default=1.0,
        metadata=about(
            "How much of the style: 0 is the photo itself, 1 the style, beyond it exaggerates.",
            low=0.0,
            high=1.5,
        ),
    )
    brushwork: float = field(
        default=1.0,
        metadata=about(
            "How much of the painting's own brushwork is laid on: 0 is none, so that what is flat "
            "in the photo stays flat; 2 is twice as much.",
            low=0.0,
            high=2.0,
        ),
    )
    stroke_size: float = field(
        default=1.0,
        metadata=about(
            "How large the strokes are relative to the picture, whatever its size: 1 as in the "
            "painting, 2 twice as broad and long.",
            low=0.25,
            high=4.0,
        ),
    )
    boldness: float = field(
        default=0.0,
        metadata=about(
            "How freely it is painted: at 1 shapes are made of pieces of the painting, and little "
            "that is finer is left of the photo.",
            low=0.0,
            high=1.0,
        ),
    )
    abstraction: float = field(
        default=1.0,
        metadata=about(
            "How far what is small is gathered into patches of paint: 0 leaves all that is fine in "
            "the photo.",
            low=0.0,
            high=1.0,
        ),
    )
    palette: float = field(
        default=0.8,
        metadata=about(
            "How far all colours together are moved to the painting's own: 0 leaves them as the "
            "network paints them.",
            low=0.0,
            high=1.0,
        ),
    )
    contrast: float = field(
        default=1.15,
        metadata=about(
            "How far lights and darks are apart: 1 leaves them as the network paints them.",
            low=0.0,
            high=2.0,
        ),
    )
    saturation: float = field(
        default=1.15,
        metadata=about(
            "How colourful the painting is: 0 is grey, 1 leaves it as the network paints it.",
            low=0.0,
            high=2.0,
        ),
    )
    size: "int | str | Size | None" = field(
        default=None,
        metadata=about(
            "Shrink the photo first: long side in pixels, or an area such as 2MP.",
            of=Size.of,
            examples=("1600", "2MP"),
            metavar="PIXELS|MP",
            unset="keep",
            looks=False,
        ),
    )
    canvas: int = field(
        default=512,
        metadata=about(
            "Short side at which a larger photo is painted, before the painting is enlarged along "
            "the photo's own edges: so it looks alike at every size.",
            low=64,
            high=8192,
            metavar="PIXELS",
        ),
    )
    style_size: int = field(
        default=512,
        metadata=about(
            "Short side at which a painting is looked at: smaller shows less of its texture. Saved "
            "styles keep theirs.",
            low=16,
            high=4096,
            metavar="PIXELS",
        ),
    )
    keep_colours: KeepColours | None = field(
        default=None,
        metadata=about(
            "Keep the photo's colours: by its chroma (luminance), by the mean and covariance of "
            "its colours (coral), or by the histogram of each channel (histogram).",
            choices=KeepColours.__args__,  # type: ignore[attr-defined]
            unset="the painting's",
            also="keep_colors",
        ),
    )
    keep_amount: float = field(
        default=1.0,
        metadata=about(
            "How much of the photo's colours to keep: 0 is none, 1 all.",
            low=0.0,
            high=1.0,
            needs="keep_colours",
        ),
    )
    keep_colors: InitVar[KeepColours | None] = None

    def __post_init__(self, keep_colors: KeepColours | None) -> None:
        if keep_colors is not None:
            if self.keep_colours not in (None, keep_colors):
                raise ParameterError("keep_colors and keep_colours are the same; give one of them")
            object.__setattr__(self, "keep_colours", keep_colors)
        for name, known in CONTROLS.items():
            object.__setattr__(self, name, known.taken(getattr(self, name)))
        for name, known in CONTROLS.items():
            idle = known.needs is not None and getattr(self, known.needs) is None
            if idle and getattr(self, name) != known.default:
                raise ParameterError(f"{name} has no effect without {known.needs}; give both")

    def plain(self) -> dict[str, Any]:
        """The controls as JSON has them: what is of a type of its own is written as text."""
        return {
            name: value if value is None or not CONTROLS[name].of else str(value)
            for name, value in ((name, getattr(self, name)) for name in CONTROLS)
        }

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The size at which a photo of that width and height is painted."""
        return (width, height) if self.size is None else Size.of(self.size).fit(width, height)

    def fit_canvas(self, width: int, height: int) -> tuple[int, int]:
        """The size at which the network paints a photo of that width and height."""
        scale = min(1.0, self.canvas / min(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))


CONTROLS = {
    known.name: Control(known.name, known.default, **known.metadata) for known in fields(Controls)
}
"""By name, in the order in which they are shown."""

STRENGTH, STYLE_SIZE = CONTROLS["strength"], CONTROLS["style_size"]
KEEP_AMOUNT = CONTROLS["keep_amount"]


def described(indent: int = 12) -> str:
    """Every control in a paragraph of its own, as the ``Args`` of a docstring."""
    from textwrap import fill

    paragraphs = []
    for known in CONTROLS.values():
        text = f"{known.name}: {known.help[0].lower()}{known.help[1:]}"
        if known.high:
            text += f" From {known.low:g} to {known.high:g}, by default {known.default:g}."
        if known.also:
            text += f" ``{known.also}`` is the same."
        first, rest = " " * indent, " " * (indent + 4)
        paragraphs.append(fill(text, 100, initial_indent=first, subsequent_indent=rest))
    return "\n".join(paragraphs)


def check_masks(masks: int, styles: int) -> None:
    """Raise ``ParameterError`` unless there are as many masks as styles."""
    if masks != styles:
        raise ParameterError(f"masks: {masks} for {styles} styles; give one for each style")
