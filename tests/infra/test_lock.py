"""The pinned dependencies: what ships is what was tested."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from support.events import ROOT

GROUPS: dict[str, list[Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
FILES = {
    "layer": ROOT / "layers" / "common" / "requirements.txt",
    "run": ROOT / "requirements" / "run.txt",
    "dev": ROOT / "requirements" / "dev.txt",
    "sam": ROOT / "requirements" / "sam.txt",
    "checkov": ROOT / "requirements" / "checkov.txt",
}


def pins(path: Path) -> dict[str, str]:
    """Return the pin of each package: its version, where it counts, and its hashes."""
    lines = path.read_text().replace("\\\n", " ").splitlines()
    return {_requirement(line).name.lower(): " ".join(line.split()) for line in lines}


def _requirement(pin: str) -> Requirement:
    return Requirement(pin.partition(" --hash")[0])


def wanted(group: str) -> list[Requirement]:
    """Return what a group of pyproject.toml asks for, with the groups that it includes."""
    return [
        requirement
        for entry in GROUPS[group]
        for requirement in (wanted(entry["include-group"]) if isinstance(entry, dict) else [Requirement(entry)])
    ]


@pytest.mark.parametrize("group", FILES)
def test_every_package_is_pinned(group: str) -> None:
    """Each file names exact versions; what runs and what ships is held to hashes too."""
    for pin in pins(FILES[group]).values():
        [version] = _requirement(pin).specifier
        assert version.operator == "=="
        assert "--hash=sha256:" in pin or group in {"sam", "checkov"}


@pytest.mark.parametrize("group", FILES)
def test_the_pins_are_what_the_project_asks_for(group: str) -> None:
    """Each dependency of pyproject.toml is pinned to a version that it allows."""
    pinned = pins(FILES[group])
    for requirement in wanted(group):
        [version] = _requirement(pinned[requirement.name.lower()]).specifier
        assert requirement.specifier.contains(version.version)


@pytest.mark.parametrize(("part", "whole"), [("layer", "run"), ("run", "dev")])
def test_what_ships_is_what_was_tested(part: str, whole: str) -> None:
    """The layer has the versions, to the hash, of what runs locally, and that of what the tests run with."""
    assert pins(FILES[part]).items() <= pins(FILES[whole]).items()
