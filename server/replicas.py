"""The server as a Ray Serve deployment: ``serve run styler_server.replicas:app``.

Each replica is one process with one network, and has its settings from the environment. Serve adds
replicas while requests wait in those that there are.
"""

from __future__ import annotations

from typing import Any

from ray import serve

from .app import create_app
from .settings import Settings

__all__ = ["app", "replicas"]

_WANTED = 3  # requests in a replica: one that is painted, two that wait


def replicas(settings: Settings | None = None, *, most: int = 20) -> Any:
    """An application of Serve.

    Args:
        settings: decide how many requests a replica takes, and how many processors it has; by
            default from the environment. Its replicas read the environment themselves.
        most: replicas.
    """
    settings = settings or Settings()
    deployment = serve.deployment(
        serve.ingress(create_app)(_Replica),
        name="styler",
        max_ongoing_requests=1 + settings.queue,
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": most,
            "target_ongoing_requests": _WANTED,
        },
        graceful_shutdown_timeout_s=settings.grace_seconds,
        ray_actor_options={"num_cpus": settings.threads or 1},
    )
    return deployment.bind()


class _Replica:
    """All it does the application does."""


def app(arguments: dict[str, str]) -> Any:
    """What ``serve run`` builds; ``most=N`` are at most so many replicas."""
    return replicas(most=int(arguments.get("most", 20)))
