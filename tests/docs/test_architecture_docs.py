"""docs/architecture.md: its rooms, its index slots and its walks are the code's."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import pytest

from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from support.events import ROOT

from .test_docs import rows

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TREE, *WALKS = re.findall(r"^```text\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
LAYER = ROOT / "layers" / "common" / "dci_common"


def listed_rooms() -> set[str]:
    """Return the paths of the tree of rooms; a line belongs to the last line before it with a smaller indent."""
    paths, parents = set[str](), list[str]()
    for indent, name in re.findall(r"^( *)(\S+)", TREE, re.MULTILINE):
        parents[len(indent) // 4 :] = [name]
        paths.add("".join(parents))
    return paths


def test_every_room_of_the_tree_exists() -> None:
    """Each path of the tree is a file, or a folder if it ends with a slash."""
    listed = listed_rooms()
    assert {path for path in listed if not (ROOT / path).exists()} == set()
    assert {path for path in listed if (ROOT / path).is_dir() != path.endswith("/")} == set()


def test_every_room_is_in_the_tree() -> None:
    """The tree has each function, and each module and folder of the layer, its registry and the command line."""
    cli = ROOT / "cli" / "dci_cli"
    packages = (LAYER, LAYER / "registry", LAYER / "registries", cli, cli / "registry")
    rooms = [path for package in packages for path in package.iterdir()]
    rooms += (ROOT / "functions").glob("*/dci_*")
    expected = {
        f"{path.relative_to(ROOT)}{'/' if path.is_dir() else ''}"
        for path in rooms
        if (path.suffix == ".py" and path.name != "__init__.py") or (path / "__init__.py").exists()
    }
    assert expected <= listed_rooms()


def test_the_slots_are_the_catalogues() -> None:
    """The table has each attribute with an index slot, and the slot of each kind of record."""
    expected: dict[str, Mapping[Kind, str]] = {
        "every record, by id": dict.fromkeys(Kind, SOCIAL_CATALOGUE.record_slot)
    }
    expected |= {
        f"`{attribute.name}`": dict(attribute.slots) for attribute in SOCIAL_CATALOGUE.attributes if attribute.slots
    }
    expected |= {
        f"`{composite.leading.name}`, then `{composite.trailing.name}`": {kind: composite.slot}
        for kind, composites in SOCIAL_CATALOGUE.composites.items()
        for composite in composites
    }
    documented = {
        name: {kind: slot.strip("`") for kind, slot in zip((Kind.PERSON, Kind.GROUP), slots, strict=True) if slot}
        for name, *slots in rows(DOCUMENT, "attribute")
    }
    assert documented == expected


@pytest.mark.parametrize("walk", WALKS, ids=["search", "exchange", "change", "history", "oversight"])
def test_every_step_of_the_walk_exists(walk: str) -> None:
    """Each function of a walk is defined in the module that stands beside it."""
    steps = re.findall(r"^[│├└─ ]*(\w[\w., ]*?) +(\S+\.py)", walk, re.MULTILINE)
    assert len(steps) == len(walk.splitlines())
    for names, path in steps:
        folder = ROOT if path.startswith("functions/") else LAYER
        module = ast.parse((folder / path).read_text(encoding="utf-8"))
        for name in names.split(", "):
            *owner, function = name.split(".")
            scopes = [node for node in module.body if isinstance(node, ast.ClassDef) and [node.name] == owner]
            body = scopes[0].body if scopes else module.body
            assert not owner or scopes, name
            assert name_is_defined(function, body), name


def name_is_defined(name: str, body: list[ast.stmt]) -> bool:
    """Return whether a body has a function or a field of this name."""
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    fields = {
        node.target.id for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return name in functions | fields
