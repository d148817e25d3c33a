"""Ray Serve answers as the server does, where it is installed."""

import os
import socket
import subprocess
import sys
from importlib.util import find_spec

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("ray") is None or find_spec("aiohttp_cors") is None,
        reason="ray[serve] is not installed",
    ),
]

SERVED = """
import sys

import httpx
import ray
from ray import serve
from styler_server.replicas import app
from tests.cli.pictures import as_bytes

ray.init("local", include_dashboard=False, num_cpus=3, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
serve.run(app({"most": "2"}))
with httpx.Client(base_url=f"http://127.0.0.1:{sys.argv[1]}", timeout=100) as client:
    assert client.get("/readyz").json()["capacity"] == 4
    assert "styler_inside 0.0" in client.get("/metrics").text
    form = {"files": {"content": as_bytes()}, "data": {"preset": "monet-impression"}}
    painted = client.post("/v1/stylize", **form)
    assert (painted.status_code, painted.headers["content-type"]) == (200, "image/png")
    refused = client.post("/v1/stylize", files={"content": b"no picture"}, data=form["data"])
    assert refused.headers["content-type"] == "application/problem+json"
serve.shutdown()
ray.shutdown()
"""


def test_requests_are_painted() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    environment = os.environ | settings | {"STYLER_QUEUE": "3"}
    command = [sys.executable, "-c", SERVED, port]
    subprocess.run(command, check=True, env=environment, timeout=300)
