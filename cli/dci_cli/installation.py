"""Where this command line is installed: in a checkout of the repository, or from a wheel."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

_PACKAGED_TEMPLATE = Path(__file__).with_name("template.yaml")  # only a wheel has it here: see pyproject.toml
_IS_WHEEL = _PACKAGED_TEMPLATE.exists()

CHECKOUT = Path(__file__).resolve().parents[2]  # no meaning in a wheel
TEMPLATE = _PACKAGED_TEMPLATE if _IS_WHEEL else CHECKOUT / "template.yaml"
PROGRAM = "dci" if _IS_WHEEL else "./dci"  # how a user calls it
START = "dci serve" if _IS_WHEEL else "make run"


def local_folder() -> Path:
    """Return the folder for what is kept on this machine: the checkout's, or the current directory's."""
    return (Path.cwd() if _IS_WHEEL else CHECKOUT) / ".local"


def version() -> str:
    """Return the project's version."""
    if _IS_WHEEL:
        return metadata.version("dci-api-server")
    # A checkout need not be installed, and what is installed may be another version.
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
