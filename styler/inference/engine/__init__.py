"""What runs the stages: onnxruntime in the base install, torch where it is there."""

from typing import Literal

from styler.errors import ParameterError, train_install
from styler.models import Model

from .protocol import Engine
from .threads import available_threads

__all__ = ["Engine", "EngineName", "available_threads", "create"]

EngineName = Literal["auto", "onnxruntime", "torch"]


def create(model: Model, name: EngineName = "auto", threads: int | None = None) -> Engine:
    """An engine with the model loaded.

    Args:
        model: what to run.
        name: ``"onnxruntime"``, ``"torch"`` (CUDA or MPS where there is one, else the CPU), or
            ``"auto"``, which is onnxruntime.
        threads: CPU threads; by default as many as this process may use.

    Raises:
        ParameterError: unknown name, or fewer than one thread.
        MissingDependencyError: torch is not installed.
        WeightsError: a file of the model is missing or damaged.
    """
    if threads is not None and threads < 1:
        raise ParameterError(f"threads must be at least 1, not {threads}")
    threads = threads or available_threads()
    if name in ("auto", "onnxruntime"):
        from .onnxruntime import OnnxRuntimeEngine

        return OnnxRuntimeEngine(model, threads)
    if name == "torch":
        with train_install("the torch engine"):
            from styler.network.engine import TorchEngine
        return TorchEngine(model, threads)
    raise ParameterError(f"unknown engine {name!r}; use auto, onnxruntime or torch")
