"""Find the packages: ``styler`` as it lies, ``server`` and ``weights`` under names of their own."""

from tempfile import TemporaryDirectory

from setuptools import find_packages, setup

# Built outside the tree, for a folder build/ would carry files of earlier builds into this one.
with TemporaryDirectory() as folder:
    setup(
        packages=[
            *find_packages(include=["styler", "styler.*"]),
            "styler_server",
            *(f"styler_server.{name}" for name in find_packages("server")),
            "styler_weights",
        ],
        options={"build": {"build_base": folder}},
    )
