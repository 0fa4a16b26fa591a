"""The packages that pyproject.toml lists: every function and every layer, and nothing that is not there."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from support.events import ROOT

WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
PACKAGES = {ROOT / package for package in WHEEL["packages"]}


def test_every_package_is_listed() -> None:
    """A package of the command line, a function or a layer is in the list, and has types."""
    found = {
        path.parent for folder in ("cli", "functions/*", "layers/*") for path in ROOT.glob(f"{folder}/*/__init__.py")
    }
    assert found == PACKAGES
    assert all((package / "py.typed").is_file() for package in PACKAGES)


def test_the_list_is_all_that_an_environment_needs(tmp_path: Path) -> None:
    """`scripts/link-sources` makes every listed package importable in an environment, from anywhere."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    python = tmp_path / "bin" / "python"
    subprocess.run([ROOT / "scripts" / "link-sources", python], cwd="/", check=True)
    names = sorted(package.name for package in PACKAGES)
    show = f"import importlib; print(*(importlib.import_module(name).__file__ for name in {names}), sep='\\n')"
    done = subprocess.run([python, "-I", "-c", show], cwd="/", capture_output=True, text=True, check=True)
    assert {Path(line).parent for line in done.stdout.splitlines()} == PACKAGES
