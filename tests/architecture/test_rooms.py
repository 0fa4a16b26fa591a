"""The rooms of the code: what each may import, so that dependencies point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.events import ROOT

LAYER = ROOT / "layers" / "common" / "dci_common"
# Each room of the layer imports only rooms that stand before it.
LAYER_ROOMS = (
    *("deferred_import", "__init__"),  # which is imported before all others
    *("cache", "csv_text", "deadline", "errors", "json_text", "printable", "settings", "timestamps", "validation"),
    *("logs", "scopes"),
    *("aws", "outbound", "runtime", "registry", "spdci", "registries", "oauth", "operators", "clients", "signatures"),
    *("exchange", "subscriptions", "edge"),
)
# Each room of the registry, with the earlier rooms that it imports; every room may raise registry/errors.py.
REGISTRY_ROOMS = {
    "model": set[str](),
    "catalogue": {"model"},
    "query": {"model", "catalogue"},
    "storage": {"model", "catalogue"},
    "plan": {"model", "catalogue", "query", "storage"},
    "execute": {"model", "catalogue", "query", "storage", "plan"},
    "write": {"model", "catalogue", "storage"},
}
FUNCTIONS = {path.name for path in (ROOT / "functions").glob("*/dci_*")}


def imported(path: Path) -> Iterator[str]:
    """Yield the names of the modules that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module, names, 0):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                pytest.fail(f"{path} has a relative import, which says nothing of rooms")


def arrows(folder: Path, package: str) -> set[tuple[str, str]]:
    """Return each pair of rooms of a package of which the first imports the second."""
    pairs = {
        (path.relative_to(folder).with_suffix("").parts[0], name.removeprefix(f"{package}.").split(".")[0])
        for path in folder.rglob("*.py")
        for name in imported(path)
        if name.startswith(f"{package}.")
    }
    return {(room, other) for room, other in pairs if room != other}


def rooms(folder: Path) -> set[str]:
    """Return the rooms of a package: its folders and modules."""
    return {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}


def test_the_layer_imports_downwards() -> None:
    """No room of the layer imports a later one, so that no circle can form; each room has its place."""
    assert rooms(LAYER) == set(LAYER_ROOMS)
    place = {room: number for number, room in enumerate(LAYER_ROOMS)}
    assert [arrow for arrow in arrows(LAYER, "dci_common") if place[arrow[1]] > place[arrow[0]]] == []


def test_the_registry_imports_downwards() -> None:
    """Each room of the registry imports just the rooms listed for it, all of which stand before it."""
    folder, earlier = LAYER / "registry", set[str]()
    assert rooms(folder) - {"__init__", "errors"} == REGISTRY_ROOMS.keys()
    for room, others in REGISTRY_ROOMS.items():
        assert others <= earlier
        earlier.add(room)
    listed = {(room, other) for room, others in REGISTRY_ROOMS.items() for other in others}
    assert {arrow for arrow in arrows(folder, "dci_common.registry") if arrow[1] != "errors"} == listed


@pytest.mark.parametrize("word", ["social", "openspp", "district", "poverty", "occupation", "rjct", "err.request"])
def test_the_registry_names_no_registry_type(word: str) -> None:
    """Attributes and codes of one registry are data that the others are given; only `model` has their fields."""
    folders = [folder for folder in (LAYER / "registry").iterdir() if folder.name != "model"]
    files = [path for folder in folders for path in ([folder] if folder.is_file() else folder.rglob("*.py"))]
    assert [path.name for path in files if word in path.read_text(encoding="utf-8").lower()] == []


def test_nothing_below_imports_what_stands_on_it() -> None:
    """The layer imports no function and no command, and a function imports no other one and no command."""
    for folder in (LAYER, *(ROOT / "functions").glob("*/dci_*")):
        others = (FUNCTIONS | {"dci_cli"}) - {folder.name}
        found = {name for path in folder.rglob("*.py") for name in imported(path) if name.split(".")[0] in others}
        assert found == set(), folder
