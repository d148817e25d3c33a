"""The engine of the base install: onnxruntime on the CPU."""

import os
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# Left to themselves, official builds report to their maker, and keep an identifier of the machine
# in the user's cache. The variable counts while the library is loaded; builds that do not know it
# know the call below.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime as ort

from styler.errors import WeightsError
from styler.models import Model
from styler.styles import FeatureStats

from ..adain import Affine
from ..padding import Window

__all__ = ["OnnxRuntimeEngine"]

ort.disable_telemetry_events()

Array = NDArray[np.float32]


class OnnxRuntimeEngine:
    """Maps are numpy arrays."""

    name = "onnxruntime"
    tile = 256

    def __init__(self, model: Model, threads: int) -> None:
        self.threads, self._model = threads, model
        self._values = {
            key: ort.OrtValue.ortvalue_from_numpy(t) for key, t in model.tensors().items()
        }
        self._encoder_graph, *stages = model.graphs()
        self._stages = [self._session(*stage) for stage in stages]

    @cached_property
    def _encoder(self) -> ort.InferenceSession:
        """Opened when it is first needed: presets need none, and it takes as long as all stages."""
        return self._session(*self._encoder_graph)

    def _session(self, file: str, graph: bytes) -> ort.InferenceSession:
        values = {name: self._values[name] for name in self._model.spec.tensors[file]}
        try:
            return ort.InferenceSession(
                graph, self._options(values), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own exceptions have no common base
            reason = str(error).splitlines()[0]
            raise WeightsError(f"onnxruntime cannot load {self._model.folder}: {reason}") from None

    def _options(self, values: dict[str, ort.OrtValue]) -> ort.SessionOptions:
        options = ort.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what fails is raised; its log would be told twice
        # Threads that spin between stages would starve the statistics, and everybody else.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # A pool grows with every new size of picture, and three times as large as the maps are.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.add_external_initializers(list(values), list(values.values()))
        return options

    def encode(self, picture: Array) -> Sequence[Array]:
        return self._run(self._encoder, [picture])

    def run(
        self, stage: int, x: Array, affine: Affine | None, aside: Sequence[Array]
    ) -> Sequence[Array]:
        return self._run(self._stages[stage], [x, *(affine.arrays() if affine else ()), *aside])

    @staticmethod
    def _run(session: ort.InferenceSession, arguments: Sequence[Array]) -> Sequence[Array]:
        names = [argument.name for argument in session.get_inputs()]
        try:
            outputs: Sequence[Array] = session.run(None, dict(zip(names, arguments, strict=True)))
        except Exception as error:  # onnxruntime's own exceptions have no common base
            if any(words in str(error) for words in ("allocate memory", "bad_alloc")):
                raise MemoryError from error
            raise
        return outputs

    def statistics(self, x: Array, window: Window, mask: Array | None = None) -> FeatureStats:
        return FeatureStats.of(x[0, :, *window], mask)

    def fetch(self, x: Array, window: Window) -> Array:
        return x[:, :, *window]
