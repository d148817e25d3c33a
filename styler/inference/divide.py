"""From styles and masks to regions: several styles on one picture, each where its mask says."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from styler.styles import Style, mix

from .regions import Regions

__all__ = ["divide"]

Array = NDArray[np.float32]

_NOTHING = 1e-4  # less than can be seen; stretched masks that add up to 1 differ from it by less


def divide(
    styles: Sequence[tuple[Style, float]],
    *,
    masks: Sequence[Array] | None = None,
    only: Array | None = None,
    alpha: Array | None = None,
) -> Regions:
    """Divide a picture among styles.

    A pixel shows its styles in the ratio of weight times mask, and the painting rather than the
    photo by the sum of its masks, up to 1, times ``only``. Masks of equal styles are added first,
    so that a style's statistics are taken over all that it paints. What shows the photo is a region
    of its own, painted in a mixture of the others' styles that is never seen: so the network meets
    no edge there. Uniform masks make the plain mixture, of one region.

    Args:
        styles: with their weights.
        masks: ``(H, W)`` in [0, 1] for each style; ``None`` mixes the styles everywhere.
        only: ``(H, W)`` in [0, 1] where to paint at all; ``None`` is everywhere.
        alpha: ``(H, W)`` in [0, 1], how much each pixel counts; regions where none does are left
            out.

    Raises:
        ParameterError: as :func:`styler.styles.style.mix`.
    """
    whole = mix(styles)
    if masks is None:
        if only is None:
            return Regions((whole,), alpha=alpha)
        masks = [np.ones_like(only)] * len(styles)
    weights = [weight for _, weight in styles]
    painted = sum(mask for mask, weight in zip(masks, weights, strict=True) if weight > 0)
    shown: Array = np.minimum(painted, np.float32(1))
    shown = _rounded(shown if only is None else shown * only)
    if not shown.any():
        return Regions((whole,), only=shown, alpha=alpha)
    parts = _seen([(style, share * shown) for style, share in _parts(styles, masks)], alpha)
    if not parts:
        return Regions((whole,), only=np.zeros_like(shown), alpha=alpha)
    rest = mix([(style, float(share.sum(dtype=np.float64))) for style, share in parts])
    parts += _seen([(rest, 1 - shown)], alpha)
    return Regions(
        styles=tuple(style for style, _ in parts),
        masks=np.stack([share for _, share in parts]) if len(parts) > 1 else None,
        only=None if shown.min() == 1 else shown,
        alpha=alpha,
    )


def _seen(parts: list[tuple[Style, Array]], alpha: Array | None) -> list[tuple[Style, Array]]:
    """Those that have something of a pixel that counts."""
    rounded = [(style, _rounded(share)) for style, share in parts]
    return [
        (style, share)
        for style, share in rounded
        if (share if alpha is None else share * alpha).any()
    ]


def _parts(
    styles: Sequence[tuple[Style, float]], masks: Sequence[Array]
) -> list[tuple[Style, Array]]:
    """The different styles with their masks, which add up to 1 where anything is painted."""
    if all(mask.min() == mask.max() for mask in masks):
        pairs = zip(styles, masks, strict=True)
        mixed = mix([(style, weight * float(mask[0, 0])) for (style, weight), mask in pairs])
        return [(mixed, np.ones_like(masks[0]))]
    largest = max(weight for _, weight in styles)
    found: list[tuple[Style, Array]] = []
    for (style, weight), mask in zip(styles, masks, strict=True):
        amount = mask * np.float32(weight / largest)
        for known, sofar in found:
            if style == known:
                sofar += amount
                break
        else:
            found.append((style, amount))
    total = np.sum([amount for _, amount in found], 0)
    total[total == 0] = 1
    return [(style, amount / total) for style, amount in found]


def _rounded(values: Array) -> Array:
    """Next to nothing is nothing, and next to all is all."""
    values = np.where(values < _NOTHING, np.float32(0), values)
    return np.where(values > 1 - _NOTHING, np.float32(1), values)
