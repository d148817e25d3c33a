"""A coverage-guided session over the reader (needs ``atheris``, which is no dependency).

``python -m tests.imaging.coverage_fuzz -max_total_time=120`` and any other libFuzzer option. Python
coverage guides it: the plugins of Pillow and the reader here, not the C decoders underneath.
"""

import logging
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "styler.imaging"]):
    from tests.imaging import mutation


def attempt(data):
    mutation.attempt(data, bits=16 if len(data) % 2 else 8)


def main():
    warnings.simplefilter("ignore")
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(mutation.seeds()):
            (Path(folder) / str(number)).write_bytes(data)
        limits = ["-timeout=2", "-rss_limit_mb=1024", "-max_len=16384"]
        atheris.Setup([sys.argv[0], *limits, *sys.argv[1:], folder], attempt)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
