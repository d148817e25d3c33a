"""The bill of materials of a lock as CycloneDX 1.5, as in `make_sbom.py container/serve.txt`.

Names what the lock does: packages by version and the hashes of all their files, on every platform
that it covers. What the base has is for its own bill.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

_PINNED = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)(.*(?:\n {4}--hash=.*)*)", re.MULTILINE)


def bill(lock: str) -> dict[str, Any]:
    """The bill of a lock's text."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": [
            {
                "type": "library",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "hashes": [
                    {"alg": "SHA-256", "content": digest}
                    for digest in re.findall(r"sha256:([0-9a-f]{64})", rest)
                ],
            }
            for name, version, rest in _PINNED.findall(lock)
        ],
    }


if __name__ == "__main__":
    print(json.dumps(bill(Path(sys.argv[1]).read_text("utf-8")), indent=2))
