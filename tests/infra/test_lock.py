"""The lock files: each environment is what was tested, on every machine and with every pip."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.events import ROOT

DECLARED: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT: list[str] = DECLARED["project"]["dependencies"]
GROUPS: dict[str, list[str]] = {
    **DECLARED["dependency-groups"],
    "run": PROJECT,
    "dev": PROJECT + DECLARED["dependency-groups"]["dev"],
}
FILES = {group: ROOT / "requirements" / f"{group}.txt" for group in GROUPS} | {
    "layer": ROOT / "layers" / "common" / "requirements.txt",
}


def pins(path: Path) -> list[tuple[Requirement, frozenset[str]]]:
    """Return the requirements of a lock file, each with its hashes."""
    lines = path.read_text().replace("\\\n", " ").splitlines()
    return [
        (Requirement(line.partition(" --hash")[0]), frozenset(re.findall(r"--hash=(\S+)", line))) for line in lines
    ]


def releases(group: str) -> set[tuple[str, str, str, frozenset[str]]]:
    """Return what a lock file installs: names, versions, where they count, and hashes."""
    return {(pin.name, str(pin.specifier), str(pin.marker), hashes) for pin, hashes in pins(FILES[group])}


def extras(group: str) -> dict[str, set[str]]:
    """Return the extras of each package in a lock file."""
    return {pin.name: pin.extras for pin, _ in pins(FILES[group])}


def wanted(group: str) -> list[Requirement]:
    """Return what an environment needs, as pyproject.toml says."""
    return [Requirement(entry) for entry in GROUPS[group]]


def asked_for(requirement: Requirement) -> bool:
    """Return whether a requirement of an installed package counts here, no extra of the package being installed."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


@pytest.mark.parametrize("group", FILES)
def test_every_package_is_locked_with_hashes(group: str) -> None:
    """Every package of a lock file has one exact version and hashes, and no package index is named."""
    for pin, hashes in pins(FILES[group]):
        [version] = pin.specifier
        assert version.operator == "=="
        assert pin.url is None
        assert hashes
        assert all(value.startswith("sha256:") for value in hashes)
    assert "://" not in FILES[group].read_text()


@pytest.mark.parametrize("group", FILES)
def test_the_pins_are_what_the_project_asks_for(group: str) -> None:
    """Each dependency of pyproject.toml is locked, with its extras, to a version that it allows."""
    locked = {pin.name: pin for pin, _ in pins(FILES[group])}
    for requirement in wanted(group):
        pin = locked[canonicalize_name(requirement.name)]
        [version] = pin.specifier
        assert requirement.specifier.contains(version.version)
        assert requirement.extras <= pin.extras


def test_extras_that_a_dependency_asks_for_are_locked() -> None:
    """A package that another one needs with an extra is locked with that extra, without which an older pip stops."""
    locked = extras("dev")
    needed = [
        requirement
        for distribution in distributions()
        if canonicalize_name(distribution.name) in locked
        for requirement in map(Requirement, distribution.requires or [])
        if requirement.extras and asked_for(requirement)
    ]
    assert "coverage" in {requirement.name for requirement in needed}
    for requirement in needed:
        assert requirement.extras <= locked[canonicalize_name(requirement.name)]


PIN = "cli/dci_cli/local/dynamodb_local.py"


@pytest.fixture
def locking(tmp_path: Path) -> Path:
    """Return a checkout with scripts/lock, where uv locks nothing and npm knows a newer DynamoDB Local."""
    (tmp_path / "bench" / "peers").mkdir(parents=True)
    for name in ("scripts/lock", PIN):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, tmp_path / name)
    answers = "*version) echo 9.8.7 ;; *@9.8.7*integrity) echo sha512-a/b+c== ;; update*) touch package-lock.json ;;"
    npm = f'case "$*" in {answers} esac'
    for name, content in (("scripts/uv", ""), ("npm", npm)):
        (tmp_path / name).write_text(f"#!/bin/sh\n{content}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def lock(checkout: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/lock there."""
    path = f"{checkout}:/usr/bin:/bin"
    command = [str(checkout / "scripts" / "lock"), *options]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)


def test_an_upgrade_pins_the_newest_dynamodb_local(locking: Path) -> None:
    """`make lock` pins the newest DynamoDB Local by version and hash, and changes nothing else of the module."""
    before = (locking / PIN).read_text()
    assert lock(locking).returncode == 0
    assert (locking / PIN).read_text() == before
    assert lock(locking, "--upgrade").returncode == 0
    after = (locking / PIN).read_text()
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert changed == ['_VERSION = "9.8.7"', '_INTEGRITY = "sha512-a/b+c=="']
    assert len(after.splitlines()) == len(before.splitlines())


def test_an_upgrade_updates_the_npm_packages_of_the_benches(locking: Path) -> None:
    """`make lock` updates the npm lock of bench/peers; locking alone leaves it."""
    assert lock(locking).returncode == 0
    assert not list((locking / "bench" / "peers").iterdir())
    assert lock(locking, "--upgrade").returncode == 0
    assert [path.name for path in (locking / "bench" / "peers").iterdir()] == ["package-lock.json"]


def test_an_upgrade_without_npm_keeps_dynamodb_local(locking: Path) -> None:
    """Where npm fails, the pin stays as it is, and the last line says so."""
    before = (locking / PIN).read_text()
    (locking / "npm").write_text("#!/bin/sh\nexit 1\n")
    done = lock(locking, "--upgrade")
    assert (done.returncode, done.stderr) == (1, f"{PIN} keeps its version of DynamoDB Local: npm failed\n")
    assert (locking / PIN).read_text() == before


@pytest.mark.parametrize(("part", "whole"), [("layer", "run"), ("run", "dev")])
def test_what_ships_is_what_was_tested(part: str, whole: str) -> None:
    """The layer has the versions, to the hash, of what runs locally, and that of what the tests run with."""
    assert releases(part) <= releases(whole)


def test_the_layer_is_part_of_the_project() -> None:
    """What ships in the layer is among the project's dependencies, which say the versions."""
    project = {(one.name, *one.extras) for one in wanted("run")}
    assert {(one.name, *one.extras) for one in wanted("layer")} <= project
    assert not any(one.specifier for one in wanted("layer"))


def test_npm_packages_are_locked_by_integrity() -> None:
    """Each npm package of the benches has a version and its digest, and no address of a registry."""
    lock = json.loads((ROOT / "bench" / "peers" / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert {"oidc-provider"} <= {path.rpartition("node_modules/")[2] for path in lock["packages"]}
    assert all(package["version"] and package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)
