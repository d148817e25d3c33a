"""Every method by name, with the facts one chooses by: axes, batch dependence, modes."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from styler.errors import ParameterError, did_you_mean
from styler.norm.base import translated
from styler.norm.channel_axis import ChannelAxis

__all__ = ["FAMILIES", "Entry", "entry", "names", "norm", "register"]

Family = Literal["data", "activation", "weight", "transformer", "gradient", "normalizer-free"]
FAMILIES: tuple[Family, ...] = (
    "data",
    "activation",
    "weight",
    "transformer",
    "gradient",
    "normalizer-free",
)

Builder = TypeVar("Builder", bound=Callable[..., Any])


@dataclass(frozen=True)
class Entry:
    """What the registry knows of one method.

    Attributes:
        name: the name that :func:`norm` takes.
        family: where the method acts: on data, activations, weights, gradients, ...
        build: class or function that :func:`norm` calls.
        functional: the plain function behind a module, if there is one.
        axes: what the statistics are taken over.
        formula: one line of mathematics in plain text.
        batch: whether one sample's training output depends on the other samples.
        modes: whether training and evaluation compute different things.
        shines: where the method is at its best, in a few words.
        source: the paper it is from.
        channel_dim: axis of the channels in what the module takes, 1 for maps and -1 for tokens;
            ``None`` where there is none or where an argument says it.
        torch: dotted name of the counterpart in torch; empty without one.
        aliases: other names that :func:`norm` takes.
    """

    name: str
    family: Family
    build: Callable[..., Any]
    functional: Callable[..., Any] | None
    axes: str
    formula: str
    batch: bool
    modes: bool
    shines: str
    source: str
    channel_dim: int | None = None
    torch: str = ""
    aliases: tuple[str, ...] = ()


_entries: dict[str, Entry] = {}
_aliases: dict[str, str] = {}
_spellings: dict[str, str] = {}

_STANDARDIZED = 'norm("weight_standardization", nn.Conv2d(...))'
_SCALED = 'norm("scaled_weight_standardization", nn.Conv2d(...))'
_OTHER_EVONORMS = [
    f"evonorm{axes}{kind}" for axes in ("", "2d") for kind in ("b1", "b2", "s1", "s1a", "s2", "s2a")
]

HINTS = {
    "frozenbatchnorm": 'norm("batch", channels).freeze()',
    "frozenbatchnormact": 'norm_act(lambda c: norm("batch", c).freeze(), channels)',
    "splitbatchnorm": 'norm("ghost_batch", channels, size=...)',
    "crossmaplrn": 'norm("local_response", channels)',
    "inplaceabn": 'norm_act("batch", channels, act="leaky_relu")',
    "iabn": 'norm_act("batch", channels, act="leaky_relu")',
    "simplenorm": "rms_norm(x, weight, stats=x.var(-1, keepdim=True))",
    "stdconv": _STANDARDIZED,
    "stdconv2dsame": _STANDARDIZED,
    "scaledstdconv": _SCALED,
    "scaledstdconv2dsame": _SCALED,
    "lazybatchnorm": "nn.LazyBatchNorm2d, or norm() once the channels are known",
    "lazyinstancenorm": "nn.LazyInstanceNorm2d, or norm() once the channels are known",
    **dict.fromkeys(_OTHER_EVONORMS, "evo_b0 or evo_s0: of the paper's layers these two are here"),
}
"""What to use for names of other libraries that are no single method here."""

CALLS = {
    "rmsnorm2d": '"rms", channels, channel_dim=1',
    "rms2d": '"rms", channels, channel_dim=1',
    "layernormexp2d": '"pixel_layer", channels',
    "evonorms0a": '"evo_s0", channels, eps=1e-3',
    "evonorm2ds0a": '"evo_s0", channels, eps=1e-3',
    "filterresponsenorm": '"filter_response", channels, threshold=False',
    "frn": '"filter_response", channels, threshold=False',
}
"""Names of other libraries that are a method with options, and what to give :func:`norm`."""


def register(
    name: str,
    family: Family,
    *,
    functional: Callable[..., Any] | None = None,
    axes: str,
    formula: str,
    batch: bool = False,
    modes: bool = False,
    shines: str,
    source: str,
    channel_dim: int | None = None,
    torch: str = "",
    aliases: tuple[str, ...] = (),
) -> Callable[[Builder], Builder]:
    """Decorate a class or function to enter it; the arguments are those of :class:`Entry`."""

    def enter(build: Builder) -> Builder:
        for key in (name, *aliases):
            if key in _entries or key in _aliases:
                raise ParameterError(f"norm {key!r} is registered already: choose another name")
        _entries[name] = Entry(
            name=name,
            family=family,
            build=build,
            functional=functional,
            axes=axes,
            formula=formula,
            batch=batch,
            modes=modes,
            shines=shines,
            source=source,
            channel_dim=channel_dim,
            torch=torch,
            aliases=aliases,
        )
        _aliases.update(dict.fromkeys(aliases, name))
        for spelling in (name, *aliases):
            _spellings[_squashed(spelling)] = name
        for spelling in (getattr(build, "__name__", name), f"{name}norm"):
            _spellings.setdefault(_squashed(spelling), name)
        return build

    return enter


def names(family: Family | None = None) -> list[str]:
    """Names that :func:`norm` takes, family by family, of one family or of all.

    Raises:
        ParameterError: an unknown family.
    """
    if family not in (None, *FAMILIES):
        raise ParameterError(f"family must be one of {', '.join(FAMILIES)}, not {family!r}")
    found = [e for e in _entries.values() if family in (None, e.family)]
    return [e.name for e in sorted(found, key=lambda e: (FAMILIES.index(e.family), e.name))]


def entry(name: str) -> Entry:
    """The facts about one method, by its name, an alias, or what another library calls it.

    ``entry("LayerNorm")``, ``entry("BatchNorm2d")`` and ``entry("group_normalization")`` are
    understood; case, underscores and a number of axes do not matter.

    Raises:
        ParameterError: an unknown name, with what is meant most likely.
    """
    key = _known(name)
    if key is None:
        use = _remedy(_squashed(name))
        if use:
            raise ParameterError(f"unknown norm {name!r}: use {use}")
        key = name.lower().replace("-", "_")
        known = [*_entries, *_aliases]
        part = next((k for k in known if k in key or key in k), None)
        all_names = "styler.norm.names() lists them all"
        hint = did_you_mean(key, known, f"did you mean {part!r}?" if part else all_names)
        raise ParameterError(f"unknown norm {name!r}: {hint}")
    return _entries[key]


def _squashed(name: str) -> str:
    """A name without case, punctuation and the long form of "norm"."""
    return re.sub(r"[^a-z0-9]", "", name.lower()).replace("normalization", "norm")


def _remedy(name: str) -> str | None:
    """What to write for another library's name; timm adds "Act" and "Fp32" to those of norms."""
    whole = name.removesuffix("fp32")
    for spelling in (whole, re.sub(r"[123]d$", "", whole)):
        if spelling in HINTS:
            return HINTS[spelling]
    plain = re.sub(r"act(2d)?$", r"\1", whole)
    call = CALLS.get(plain) or CALLS.get(re.sub(r"[123]d$", "", plain))
    if call is None:
        known = _known(plain)
        call = known and f'"{known}", channels'
    if not call:
        return None
    text = f"norm({call})" if plain == whole else f'norm_act({call}, act="relu")'
    return text if whole == name else f"Float32({text})"


def _known(name: str) -> str | None:
    """The registered name that ``name`` means, if it means one."""
    key = name.lower().replace("-", "_")
    key = _aliases.get(key, key)
    if key in _entries:
        return key
    whole = _squashed(name)
    if whole in HINTS or (whole in CALLS and whole not in _spellings):
        return None
    bare = re.sub(r"[123]d$", "", whole)
    for spelling in (whole, bare, whole.removesuffix("norm"), bare.removesuffix("norm")):
        if spelling in _spellings:
            return _spellings[spelling]
    return None


def norm(kind: str | Callable[..., Any] | None, /, *args: Any, **options: Any) -> Any:
    """Build a normalizer: ``norm("group", 64, groups=8)``.

    Args:
        kind: a registered name, a class, a :func:`functools.partial`, any callable, or ``None`` for
            the identity.
        args: what the method takes first: the number of features for activations, the module whose
            weight is meant for weights, nothing for data.
        options: keyword arguments of that class or function; those of torch's class are understood
            where they mean the same (``num_groups``, ``elementwise_affine``). ``channel_dim`` is
            understood by all that normalize maps or tokens: -1 for maps ``(N, H, W, C)``, 1 for
            tokens ``(N, d, L)``; see :class:`styler.norm.ChannelAxis`.

    Returns:
        What the method builds; a :class:`torch.nn.Module` for every activation method.

    Raises:
        ParameterError: for an unknown name or option, with the nearest known one.
    """
    if kind is None:
        kind = "none"
    build = entry(kind).build if isinstance(kind, str) else kind
    if not callable(build):
        raise ParameterError(f"norm takes a name, a class or a partial, not {type(kind).__name__}")
    options = translated(_function(build), options)
    native = _channel_dim(build)
    if native is None or "channel_dim" not in options:
        _check_options(kind, build, args, options)
        return build(*args, **options)
    channel_dim = options.pop("channel_dim")
    built = norm(kind, *args, **options)
    return built if channel_dim == native else ChannelAxis(built, channel_dim, native)


def _function(build: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(build, partial):
        build = build.func
    return build


def _channel_dim(build: Callable[..., Any]) -> int | None:
    build = _function(build)
    return next((e.channel_dim for e in _entries.values() if e.build is build), None)


def _check_options(
    kind: Any, build: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> None:
    try:
        signature = inspect.signature(build)
    except ValueError:  # a builtin without a signature reports its own errors
        return
    try:
        signature.bind(*args, **options)
    except TypeError as error:
        label = kind if isinstance(kind, str) else _label(build)
        takes = [p.name for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        unknown = [option for option in options if option not in takes]
        if unknown:
            hint = did_you_mean(unknown[0], takes, f"it takes {', '.join(takes)}")
            raise ParameterError(f"norm {label!r} has no option {unknown[0]!r}: {hint}") from error
        raise ParameterError(f"norm {label!r}: {error}; it takes {', '.join(takes)}") from error


def _label(build: Callable[..., Any]) -> str:
    return (
        _label(build.func)
        if isinstance(build, partial)
        else getattr(build, "__name__", repr(build))
    )
