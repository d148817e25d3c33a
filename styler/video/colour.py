"""How a clip's colours are coded: kept as they are told, and high dynamic range told apart.

Numbers are those of ITU-T H.273, which all formats share.
"""

from __future__ import annotations

from dataclasses import dataclass

from styler.errors import VideoError

__all__ = ["FULL", "SRGB", "Colour"]

UNKNOWN = 2
LIMITED, FULL = 1, 2

HDR = {16: "PQ", 18: "HLG"}
"""Transfer functions of high dynamic range."""

HIGH = 720
"""Rows from which colours that are told nothing of are those of BT.709, as players have it."""

SCALER = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""Matrices as FFmpeg's scaler knows them."""


@dataclass(frozen=True)
class Colour:
    """The tags of a stream.

    Attributes:
        matrix, primaries, transfer: by H.273; 2 is not told.
        range: 1 is limited, 2 full, 0 not told.
    """

    matrix: int = UNKNOWN
    primaries: int = UNKNOWN
    transfer: int = UNKNOWN
    range: int = 0

    def check(self, name: str) -> None:
        """Refuse high dynamic range: painted as it is it would be flat and grey.

        Raises:
            VideoError: it is one.
        """
        if self.transfer in HDR:
            raise VideoError(
                f"{name}: is HDR ({HDR[self.transfer]}); bring it to SDR first: ffmpeg -i CLIP -vf "
                "zscale=t=linear:npl=100,tonemap=hable,zscale=p=bt709:t=bt709:m=bt709:r=tv,"
                "format=yuv420p -c:a copy SDR.mp4"
            )

    def scaler(self, height: int) -> int:
        """The matrix for FFmpeg's scaler, of a clip of so many rows."""
        return SCALER.get(self.matrix, 1 if height >= HIGH else 5)

    @property
    def levels(self) -> int:
        """The range, limited where it is not told."""
        return self.range or LIMITED


SRGB = Colour(matrix=1, primaries=1, transfer=13, range=LIMITED)
"""What is written of moving pictures."""
