"""Optical flow: where each pixel of a frame was in the frame before.

Lucas & Kanade 1981, "An iterative image registration technique with an application to stereo
vision", dense and from coarse to fine (Bouguet 2001). Where a place has nothing to tell by, its
surroundings lead, by how much they have themselves (normalized convolution, Knutsson & Westin
1993); so a clear sky moves with the land below it. What the camera's own movement explains as well
has moved by that, which is known better than any place's.
"""

import numpy as np
from numpy.typing import NDArray

from styler.imaging import blur, pool, spread

from .warp import moved

__all__ = ["flow", "trust"]

Planes = NDArray[np.float32]

SMALLEST = 8
"""Short side of the coarsest level, in pixels."""

ROUNDS = 3
"""At each level; every one moves a pixel by at most its level's own."""

WINDOW = 2.0
"""Deviation of the Gaussian window in which all pixels move alike, in pixels."""

FLAT = np.float32(4e-6)
"""Squared gradient below which a place does not tell how it moves."""

ODD = np.float32(0.05)
"""Squared difference of colours from which a pixel is taken for another thing."""


def flow(frame: Planes, before: Planes) -> Planes:
    """How to get from each pixel of a frame to where it was before, ``(2, h, w)``, x and y.

    Args:
        frame, before: ``(C, h, w)`` in [0, 1]; about 170 pixels high are enough.
    """
    levels = [(frame, before)]
    while min(levels[-1][0].shape[1:]) >= 2 * SMALLEST:
        levels.append((pool(levels[-1][0], 2), pool(levels[-1][1], 2)))
    found = np.zeros((2, *levels[-1][0].shape[1:]), np.float32)
    for now, then in reversed(levels):
        height, width = now.shape[1:]
        if found.shape[1:] != now.shape[1:]:
            # The coarse level's last cells may reach beyond the edge.
            found = 2 * spread(found, 2, (width, height))
        for _ in range(ROUNDS):
            found = _round(now, then, found)
    return _ground(frame, before, found)


def _ground(now: Planes, then: Planes, found: Planes) -> Planes:
    """The flow, and the camera's where that explains a place as well.

    A plain ground around a moving thing would be led by it.
    """
    camera = _camera(now, found)
    own, other = (
        blur(np.square(moved(then, one, smooth=False) - now).mean(0, keepdims=True), NEAR)
        for one in (found, camera)
    )
    moves = np.square(other) / (np.square(other) + np.square(own + UNSEEN))
    ground: Planes = camera + moves * (found - camera)
    return ground


def _camera(now: Planes, found: Planes) -> Planes:
    """The affine flow that most of a frame's texture agrees on, ``(2, h, w)``."""
    height, width = found.shape[1:]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    places = np.stack([np.ones_like(x), x, y]).reshape(3, -1)
    texture = np.square(now - blur(now, WINDOW)).sum(0).reshape(-1).astype(np.float64)
    flows = found.reshape(2, -1).astype(np.float64)
    counts = np.minimum(texture, np.float64(ODD)) + 1e-9
    camera = np.zeros_like(flows)
    for nearness in (np.inf, 4.0, 2.0, 1.0, 0.5, 0.5):
        off = np.square(flows - camera).sum(0)
        weighed = places * (counts / (1 + off / nearness**2))
        camera = np.linalg.solve(weighed @ places.T, weighed @ flows.T).T @ places
    return camera.reshape(found.shape).astype(np.float32)


NEAR = 3.0
"""Deviation of the window in which the camera's flow is compared, in pixels."""

UNSEEN = np.float32(5e-5)
"""Squared difference of colours that tells nothing."""


def _round(now: Planes, then: Planes, found: Planes) -> Planes:
    back = moved(then, found, smooth=False)
    change = back - now
    padded = np.pad((back + now) / 2, ((0, 0), (1, 1), (1, 1)), mode="edge")
    dx = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    dy = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    counts = ODD / (ODD + np.square(change).sum(0))
    sums = [dx * dx, dx * dy, dy * dy, dx * change, dy * change]
    xx, xy, yy, xt, yt = blur(np.stack([counts * part.sum(0) for part in sums]), WINDOW)
    xx, yy = xx + FLAT, yy + FLAT
    determinant = xx * yy - xy * xy
    step = np.stack([xy * yt - yy * xt, xy * xt - xx * yt]) / determinant
    found = found + np.clip(step, -1, 1)
    # The smaller eigenvalue of the structure tensor says how well a place tells both directions.
    tells = (xx + yy - np.sqrt(np.square(xx - yy) + 4 * xy * xy)) / 2 - FLAT * np.float32(0.9)
    tells = np.maximum(tells, FLAT * np.float32(1e-3))[None]
    near = blur(np.concatenate([tells * found, tells]), WINDOW)
    far = blur(pool(near, 4), 2.0)
    near += np.float32(0.02) * spread(far, 4, (near.shape[2], near.shape[1]))
    smooth: Planes = near[:2] / near[2:]
    return smooth


ALIKE = np.float32(0.03)
"""Difference of colours that noise may make."""

SLACK = np.float32(0.35)
"""Difference that a flow a little off may make, as a share of the local contrast."""


def trust(frame: Planes, before: Planes, found: Planes) -> Planes:
    """How far a flow can be relied on, ``(1, h, w)`` in [0, 1].

    Nothing where it leads to other colours than the frame's, as at what was hidden before, or out
    of the picture.

    Args:
        frame, before, found: as :func:`flow` takes and gives them.
    """
    height, width = frame.shape[1:]
    off = np.square(moved(before, found, smooth=False) - frame).mean(0, keepdims=True)
    contrast = np.square(frame - blur(frame, WINDOW)).mean(0, keepdims=True)
    off, contrast = blur(off, 1.0), blur(contrast, WINDOW)
    sure = np.exp(-off / (ALIKE * ALIKE + SLACK * SLACK * contrast))
    x = np.arange(width, dtype=np.float32) + found[0]
    y = np.arange(height, dtype=np.float32)[:, None] + found[1]
    inside = (x > -1) & (x < width) & (y > -1) & (y < height)
    kept: Planes = sure * inside
    return kept
