"""Find the packages: ``styler`` as it lies, ``server`` and ``weights`` under names of their own."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["styler", "styler.*"]),
        "styler_server",
        *(f"styler_server.{name}" for name in find_packages("server")),
        "styler_weights",
    ]
)
