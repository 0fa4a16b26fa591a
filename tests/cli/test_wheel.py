"""The wheel: the command line in an environment of its own, away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from support.api import identified
from support.events import ROOT, body_of
from support.server_process import running

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, with the backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    build: list[str | Path] = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.iterdir()
    return wheel


@pytest.fixture(scope="module")
def dci(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return `dci` of an environment that has the wheel and what requirements/run.txt pins, nothing else."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True, symlinks=True)
    install: list[str | Path] = [
        home / "bin" / "python",
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        wheel,
    ]
    subprocess.run(install, env=environment(), check=True, capture_output=True)
    lend_dependencies(Path(sysconfig.get_path("purelib", vars={"base": str(home)})))
    return home / "bin" / "dci"


def lend_dependencies(packages: Path) -> None:
    """Link to what requirements/run.txt pins, as it is installed here: no index is asked."""
    lines = (ROOT / "requirements" / "run.txt").read_text().replace("\\\n", " ").splitlines()
    pins = [Requirement(line.partition(" --hash")[0]) for line in lines if "==" in line]
    for pin in pins:
        if pin.marker is None or pin.marker.evaluate():
            installed = distribution(pin.name)
            for name in {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}:
                (packages / name).symlink_to(Path(str(installed.locate_file(name))))


def environment() -> dict[str, str]:
    """Return this process's environment without what would lead a Python to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE", "COV_"))}


@pytest.mark.exhaustive
def test_version_is_printed(dci: Path, tmp_path: Path) -> None:
    """`dci --version` prints the version that pyproject.toml declares, from the wheel and in the checkout."""
    for program in ([dci], [sys.executable, "-m", "dci_cli"]):
        done = subprocess.run(
            [*program, "--version"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, f"dci {PROJECT['version']}\n", "")


@pytest.mark.exhaustive
def test_serve_keeps_its_files_in_the_current_folder(dci: Path, tmp_path: Path) -> None:
    """`dci serve` finds a person of the demo, and keeps its files in `.local` of the folder where it is called."""
    credentials = tmp_path / ".local" / "credentials.json"
    log = tmp_path / "log"
    with running([str(dci), "serve", "--port", "0"], environment(), credentials, log, cwd=tmp_path) as server:
        message = body_of("search")
        message["message"]["search_request"] = [identified("UIN", "847951632")]
        found = server.send("POST", "/registry/sync/search", message, **server.authorization("partner"))
        assert len(found.records) == 1
        assert server.send("GET", "/openapi.json").status == 200
        assert server.send("GET", "/clients", **server.authorization("admin")).status == 200
    assert credentials.stat().st_mode & 0o777 == 0o600


@pytest.mark.exhaustive
@pytest.mark.parametrize("group", ["audit", "clients", "doctor", "keys", "registry"])
def test_the_other_commands_load(dci: Path, tmp_path: Path, group: str) -> None:
    """Every command shows its help with what the wheel brings."""
    done = subprocess.run([dci, group, "--help"], cwd=tmp_path, env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.exhaustive
def test_nothing_is_imported_from_the_checkout(dci: Path, tmp_path: Path) -> None:
    """Nothing is imported from the checkout."""
    show = "import sys, json, dci_cli.local.serve, dci_search.app; print(json.dumps([*filter(None, sys.path)]))"
    python = dci.with_name("python")
    path = subprocess.run([python, "-c", show], cwd=tmp_path, env=environment(), capture_output=True, check=True)
    assert not [folder for folder in json.loads(path.stdout) if Path(folder).is_relative_to(ROOT)]


def test_the_wheel_has_packages_and_template_only(wheel: Path) -> None:
    """The wheel has the listed packages, typed, and the template; no tests and no benchmarks."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
        listed = {Path(package).name for package in packages["packages"]}
        metadata = f"dci_api_server-{PROJECT['version']}.dist-info"
        assert {name.partition("/")[0] for name in names} == listed | {metadata}
        assert {f"{package}/py.typed" for package in listed} | {"dci_cli/template.yaml"} <= names
        required = message_from_bytes(archive.read(f"{metadata}/METADATA")).get_all("Requires-Dist") or []
        extras = [line for some in PROJECT["optional-dependencies"].values() for line in some]
        assert {Requirement(line).name.lower() for line in required} == {
            Requirement(line).name.lower() for line in (*PROJECT["dependencies"], *extras)
        }
        optional = {Requirement(line).name for line in extras}
        assert all("extra ==" in line for line in required if Requirement(line).name in optional)
