"""What `make build` made, as Lambda runs it: the artifacts and the runtime's own Python, nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.deployment import functions, template
from support.events import ROOT, Event, event

BUILD = ROOT / ".aws-sam" / "build"
LAYER = BUILD / "CommonLayer" / "python"
MAX_UNPACKED_BYTES = 250 * 1024 * 1024  # Lambda's own limit, for a function with its layers

if os.environ.get("DCI_BUILT") != "1":
    pytest.skip("the artifacts are tested by make check, which builds them first", allow_module_level=True)

# Requests that are answered without asking AWS.
REQUESTS = [
    ("TokenFunction", event("token_form", body=""), 401),
    ("SearchFunction", event("health"), 200),
    ("ClientsFunction", event("clients_list", authorization=""), 401),
]

# Gives the event on standard input to a handler, and prints the answer and where each module came from.
CALL = """
import importlib, json, sys
sys.path[:0] = sys.argv[2:]
module, _, name = sys.argv[1].rpartition(".")
answer = getattr(importlib.import_module(module), name)(json.load(sys.stdin), None)
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
print(json.dumps({"answer": answer, "files": [file for file in files if file], "prefix": sys.base_prefix}))
"""


@cache
def python() -> str:
    """Return the runtime's own Python."""
    return subprocess.check_output([ROOT / "scripts" / "python313"], text=True).strip()


def call(function: str, sent: Event) -> dict[str, Any]:
    """Call a handler in a fresh process that sees its artifact, the layer and the standard library alone."""
    properties = functions()[function]
    variables = {name: _resolved(value) for name, value in properties["Environment"]["Variables"].items()}
    done = subprocess.run(
        [python(), "-I", "-S", "-B", "-c", CALL, properties["Handler"], str(BUILD / function), str(LAYER)],
        env=variables | {"AWS_DEFAULT_REGION": "eu-west-1"},
        input=json.dumps(sent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _resolved(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(template()["Parameters"].get(value["Ref"], {"Default": value["Ref"]})["Default"])


def test_there_is_a_build() -> None:
    """`make build` made an artifact for every function and for the layer."""
    assert BUILD.is_dir(), "run make build first"
    assert {path.name for path in BUILD.iterdir() if path.is_dir()} == {*functions(), "CommonLayer"}


@pytest.mark.skipif(sys.platform != "linux", reason="the artifacts hold native code for Linux")
@pytest.mark.parametrize(("function", "sent", "status"), REQUESTS)
def test_a_handler_works_from_its_artifact_alone(function: str, sent: Event, status: int) -> None:
    """Imported from the artifact and the layer, the handler answers, and nothing came from elsewhere."""
    told = call(function, sent)
    assert told["answer"]["statusCode"] == status
    places = (f"{BUILD / function}/", f"{LAYER}/", f"{told['prefix']}/lib/")
    assert [file for file in told["files"] if not file.startswith(places) or "site-packages" in file] == []
    assert any(file.startswith(f"{LAYER}/dci_common/") for file in told["files"])


def ours(folder: Path) -> set[Path]:
    """Return the Python files below a folder."""
    return {path.relative_to(folder) for path in folder.rglob("*.py")}


@pytest.mark.parametrize("function", functions())
def test_a_function_ships_its_package_alone(function: str) -> None:
    """An artifact holds the function's own package, whole, and nothing more."""
    source, built = ROOT / functions()[function]["CodeUri"], BUILD / function
    files = {path.relative_to(built) for path in built.rglob("*") if path.is_file()}
    assert files == ours(source)
    assert all((built / path).read_bytes() == (source / path).read_bytes() for path in files)


def test_the_layer_ships_what_is_shared_and_what_is_pinned() -> None:
    """The layer holds the common package, whole, and the pinned packages; no tests and no docs of ours."""
    source = ROOT / "layers" / "common"
    assert ours(LAYER / "dci_common") == ours(source / "dci_common")
    pinned = [line.split()[0] for line in (source / "requirements.txt").read_text().splitlines() if "==" in line]
    installed = {path.name.removesuffix(".dist-info").replace("-", "==") for path in LAYER.glob("*.dist-info")}
    assert installed <= {pin.replace("-", "_").lower() for pin in pinned}
    assert {"tests", "docs", "bench", "cli", "events"}.isdisjoint(path.name for path in LAYER.iterdir())


@pytest.mark.parametrize("function", functions())
def test_an_artifact_fits(function: str) -> None:
    """A function and the layer, unpacked, are within what Lambda takes."""
    files = [path for folder in (BUILD / function, LAYER) for path in folder.rglob("*")]
    assert sum(path.stat().st_size for path in files if path.is_file()) < MAX_UNPACKED_BYTES
