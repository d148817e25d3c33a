"""``python -m styler_server.healthcheck``: exit status 0 if the server here is ready.

For a container's HEALTHCHECK: needs neither curl nor the network, and imports next to nothing.
"""

from __future__ import annotations

import http.client
import os
import sys


def ready(port: int, *, timeout: float = 3) -> bool:
    """Whether ``/readyz`` on the loopback address answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not ready(int(os.environ.get("STYLER_PORT", "8000"))))
