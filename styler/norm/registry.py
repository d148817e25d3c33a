"""Every method by name, with the facts one chooses by: axes, batch dependence, modes."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, Literal, TypeVar

from styler.errors import ParameterError
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
        return build

    return enter


def names(family: Family | None = None) -> list[str]:
    """Names that :func:`norm` takes, family by family, of one family or of all."""
    found = [e for e in _entries.values() if family in (None, e.family)]
    return [e.name for e in sorted(found, key=lambda e: (FAMILIES.index(e.family), e.name))]


def entry(name: str) -> Entry:
    """The facts about one method; :class:`ParameterError` with a suggestion for an unknown name."""
    key = name.lower().replace("-", "_")
    key = _aliases.get(key, key)
    if key not in _entries:
        known = [*_entries, *_aliases]
        close = get_close_matches(key, known, n=1) or [k for k in known if k in key or key in k][:1]
        hint = f"did you mean {close[0]!r}?" if close else "styler.norm.names() lists them all"
        raise ParameterError(f"unknown norm {name!r}: {hint}")
    return _entries[key]


def norm(kind: str | Callable[..., Any] | None, /, *args: Any, **options: Any) -> Any:
    """Build a normalizer: ``norm("group", 64, groups=8)``.

    Args:
        kind: a registered name, a class, a :func:`functools.partial`, any callable, or ``None`` for
            the identity.
        args: what the method takes first: the number of features for activations, the module whose
            weight is meant for weights, nothing for data.
        options: keyword arguments of that class or function. ``channel_dim`` is understood by all
            that normalize maps or tokens: -1 for maps ``(N, H, W, C)``, 1 for tokens ``(N, d, L)``;
            see :class:`styler.norm.ChannelAxis`.

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
    native = _channel_dim(build)
    if native is None or "channel_dim" not in options:
        _check_options(kind, build, args, options)
        return build(*args, **options)
    channel_dim = options.pop("channel_dim")
    built = norm(kind, *args, **options)
    return built if channel_dim == native else ChannelAxis(built, channel_dim, native)


def _channel_dim(build: Callable[..., Any]) -> int | None:
    while isinstance(build, partial):
        build = build.func
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
            close = get_close_matches(unknown[0], takes, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(takes)}"
            raise ParameterError(f"norm {label!r} has no option {unknown[0]!r}: {hint}") from error
        raise ParameterError(f"norm {label!r}: {error}; it takes {', '.join(takes)}") from error


def _label(build: Callable[..., Any]) -> str:
    return (
        _label(build.func)
        if isinstance(build, partial)
        else getattr(build, "__name__", repr(build))
    )
