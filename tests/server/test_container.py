"""What the Dockerfile promises, as far as it can be told without building it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) of each logical line of the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (word.upper(), rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def stages() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Stage name -> (what it starts from, its own instructions), in the order of the file."""
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    current: list[tuple[str, str]] = []
    for word, rest in instructions():
        if word == "FROM":
            parent, _, name = rest.split()
            current = []
            found[name] = (parent, current)
        else:
            current.append((word, rest))
    return found


def lineage(name: str) -> list[tuple[str, str]]:
    """All instructions that make a stage, those of its parents first."""
    parent, own = stages()[name]
    return (lineage(parent) if parent in stages() else []) + own


def values(name: str, word: str) -> list[str]:
    return [rest for instruction, rest in lineage(name) if instruction == word]


def test_the_default_image_serves() -> None:
    assert list(stages())[-1] == "serve"
    assert json.loads(values("serve", "ENTRYPOINT")[-1]) == ["styler"]
    assert json.loads(values("serve", "CMD")[-1]) == ["serve"]
    assert "STYLER_HOST=0.0.0.0" in " ".join(values("serve", "ENV"))


def test_every_stage_starts_from_the_build_argument_or_another_stage() -> None:
    assert instructions()[0][0] == "ARG"
    for parent, _ in stages().values():
        assert parent == "${BASE}" or parent in stages()


def test_torch_is_in_the_train_image_alone() -> None:
    def installs(name: str) -> str:
        runs = " ".join(values(name, "RUN"))
        sources = re.findall(r"--from=(\S+)", " ".join(values(name, "COPY")))
        return runs + "".join(installs(source) for source in sources)

    assert "[train]" in installs("train")
    assert "[train]" not in installs("serve")
    assert "torch" not in installs("serve")


def test_both_images_run_as_nobody_special() -> None:
    for name in ("serve", "train"):
        assert lineage(name)[-1][0] == "CMD"
        user = values(name, "USER")[-1]
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
        assert f"--uid {user.split(':')[0]}" in " ".join(values(name, "RUN"))


def test_the_health_check_is_a_module_of_the_server() -> None:
    (check,) = values("serve", "HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    assert command[:2] == ["python", "-m"]
    package, module = command[2].split(".")
    assert package == "styler_server"
    assert (ROOT / "server" / f"{module}.py").is_file()


def test_all_that_the_wheel_needs_reaches_the_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = {*project["tool"]["setuptools"]["package-dir"].values(), "pyproject.toml", "setup.py"}
    needed |= {project["project"]["readme"], *project["project"]["license-files"]}
    copied = {
        source
        for word, rest in stages()["build"][1]
        if word == "COPY"
        for source in rest.split()[:-1]
    }
    kept = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    assert needed == copied == kept
    for path in needed:
        assert (ROOT / path).exists()


def test_nothing_is_fetched_at_start() -> None:
    for name in ("serve", "train"):
        assert "http" not in " ".join(values(name, "CMD") + values(name, "ENTRYPOINT"))
        assert not values(name, "ADD")
