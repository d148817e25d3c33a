"""What the Dockerfile promises, as far as it can be told without building it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

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
    word, base = instructions()[0]
    assert word == "ARG"
    assert re.fullmatch(r"BASE=python:3\.12\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    for parent, _ in stages().values():
        assert parent == "${BASE}" or parent in stages()


def locked(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Package -> (version, hashes) of a lock."""
    text = (ROOT / "container" / f"{lock}.txt").read_text("utf-8")
    parts = re.split(
        r"^(?=\w)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE
    )
    pins = (re.match(r"([\w.-]+)(?:\[.*\])?==(\S+)", part) for part in parts)
    return {
        pin[1]: (pin[2], re.findall(r"--hash=sha256:[0-9a-f]{64}", pin.string))
        for pin in pins
        if pin
    }


def test_torch_is_in_the_train_image_alone() -> None:
    def stages_of(name: str) -> set[str]:
        sources = re.findall(r"--from=(\S+)", " ".join(values(name, "COPY")))
        return {name, *sources}.union(*(stages_of(source) for source in sources))

    def locks(name: str) -> set[str]:
        runs = " ".join(run for stage in stages_of(name) for run in values(stage, "RUN"))
        return {*re.findall(r"-r /locks/(\w+)\.txt", runs)}

    assert locks("serve") == {"build", "serve"}
    assert locks("train") == {"build", "serve", "train"}
    assert "torch" in locked("train")
    assert "torch" not in locked("serve")


def test_locks_have_all_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    base, extras = project["project"]["dependencies"], project["project"]["optional-dependencies"]
    for lock, asked in {
        "build": project["build-system"]["requires"],
        "serve": base,
        "train": base + extras["train"],
    }.items():
        pins = locked(lock)
        for requirement in map(Requirement, asked):
            version, _ = pins[requirement.name]
            assert requirement.specifier.contains(version), requirement
        assert all(hashes for _, hashes in pins.values())


def test_nothing_is_installed_but_by_a_lock_or_from_the_sources() -> None:
    for name in stages():
        for run in values(name, "RUN"):
            for command in run.split("&&"):
                if re.search(r"\bpip\b.* install ", command):
                    assert "--require-hashes" in command or "--no-index" in command
    for lock in (ROOT / "container").glob("*.txt"):
        assert "://" not in lock.read_text("utf-8")


def test_packages_do_not_wait_for_sources() -> None:
    for name in ("packages", "packages-train"):
        assert all(rest.startswith("container/") for rest in values(name, "COPY"))


def test_both_images_run_as_nobody_special() -> None:
    for name in ("serve", "train"):
        assert lineage(name)[-1][0] == "CMD"
        user = values(name, "USER")[-1]
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
        assert f"--uid {user.split(':')[0]}" in " ".join(values(name, "RUN"))


def test_the_health_check_starts_no_python() -> None:
    (check,) = values("serve", "HEALTHCHECK")
    (command,) = json.loads(check[check.index("[") :])
    assert f"container/{command} /usr/local/bin/{command}" in values("serve", "COPY")
    file = ROOT / "container" / command
    assert file.read_text("utf-8").startswith("#!/bin/bash\n")
    assert os.access(file, os.X_OK)


def test_compose_and_the_image_fit() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    (port,) = values("serve", "EXPOSE")
    assert f":{port}" in text
    for line in ("read_only: true", "cap_drop: [ALL]", "mem_limit: ", "/tmp:"):
        assert line in text


def test_all_that_the_wheel_needs_reaches_the_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = {*project["tool"]["setuptools"]["package-dir"].values(), "pyproject.toml", "setup.py"}
    needed |= {project["project"]["readme"], *project["project"]["license-files"]}
    copied = {
        source
        for word, rest in stages()["project"][1]
        if word == "COPY"
        for source in rest.split()[:-1]
    }
    kept = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    assert needed == copied == kept - {"container"}
    for path in needed:
        assert (ROOT / path).exists()


def test_nothing_is_fetched_at_start() -> None:
    for name in ("serve", "train"):
        assert "http" not in " ".join(values(name, "CMD") + values(name, "ENTRYPOINT"))
        assert not values(name, "ADD")
