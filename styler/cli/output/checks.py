"""The checks of ``styler info``: each tells what it found, or what is wrong and the remedy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from styler.cli.settings.network import Network
from styler.errors import StylerError


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    ok: bool
    found: str


def run(network: Network) -> list[Check]:
    """All checks; none stops the others."""
    checks: dict[str, Callable[[Network], str]] = {
        "weights": weights,
        "painting": painting,
        "styles": styles,
        "formats": formats,
    }
    results = []
    for name, check in checks.items():
        try:
            results.append(Check(name, True, check(network)))
        except StylerError as error:
            results.append(Check(name, False, str(error)))
    return results


def weights(network: Network) -> str:
    """Every file of the model is what its ``model.json`` says."""
    from styler.models import find

    model = find(network.model)
    for file in model.spec.sha256:
        model.read(file)
    return f"{len(model.spec.sha256)} files verified"


def painting(network: Network) -> str:
    """A small picture is painted, and is another picture then."""
    import numpy as np

    stylizer = network.open()
    ramp = np.broadcast_to(np.linspace(0, 255, 256).astype(np.uint8)[:, None, None], (256, 256, 3))
    style = stylizer.style(ramp[:, ::-1] // 2)
    start = time.perf_counter()
    painted = stylizer.stylize(ramp, style)
    seconds = time.perf_counter() - start
    if painted.shape != ramp.shape or np.array_equal(painted, ramp):
        raise StylerError("the network does not paint; install styler again")
    info = stylizer.info
    return f"256x256 in {seconds:.2f} s by {info.engine}, {info.threads} threads"


def styles(network: Network) -> str:
    """All style files can be read; those of another model are counted."""
    import styler
    from styler.models import find
    from styler.styles import user_folder

    damaged: list[StylerError] = []
    found = styler.presets(network.model, damaged=damaged.append)
    if damaged:
        raise StylerError("; ".join(map(str, damaged)))
    own = sum(user_folder() in info.path.parents for info in found)
    model = find(network.model).spec.fingerprint
    others = sum(styler.Style.load(info.path).model != model for info in found)
    hint = f"; {others} made with another model, to be saved anew for this one" if others else ""
    return f"{len(found)}, {own} of them your own{hint}"


def formats(_: Network) -> str:
    """Which picture formats are read here."""
    from styler.imaging.codecs.formats import FORMATS, readable

    missing = [name for name in FORMATS if name not in readable()]
    hint = '; heic with pip install "styler[heic]"' if "heic" in missing else ""
    return ", ".join(readable()) + hint
