"""The rooms of the command line: which packages import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from support.events import ROOT

_CLI = ROOT / "cli" / "dci_cli"
_FUNCTIONS = {path.name for path in ROOT.glob("functions/*/dci_*")}
_ROOMS = {
    ("files", "support"),
    ("importer", "files"),
    ("importer", "support"),
    ("bulk", "files"),
    ("bulk", "support"),
    ("bulk", "importer"),
    ("inspect", "support"),
    ("follow", "files"),
    ("follow", "support"),
    ("follow", "importer"),
    ("edit", "support"),
}


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_command_line_imports_no_function() -> None:
    """No module of the command line imports a function's package: handlers are loaded by the template's names."""
    assert len(_FUNCTIONS) >= 4
    found = {
        f"{path.relative_to(_CLI)}: {module}"
        for path in _CLI.rglob("*.py")
        for module in imports(path)
        if module.partition(".")[0] in _FUNCTIONS
    }
    assert found == set()


def test_the_registry_commands_have_seven_rooms_without_a_circle() -> None:
    """Every arrow between the rooms of `dci registry` points down, and none is missing here."""
    registry = _CLI / "registry"
    rooms = {path.name for path in registry.iterdir() if (path / "__init__.py").exists()}
    assert rooms == {"files", "importer", "bulk", "inspect", "edit", "follow", "support"}
    arrows = {
        (path.relative_to(registry).parts[0], module.removeprefix("dci_cli.registry.").partition(".")[0])
        for path in registry.rglob("*.py")
        for module in imports(path)
        if module.startswith("dci_cli.registry.")
    }
    assert {(start, end) for start, end in arrows if start != end} == _ROOMS


def test_the_registry_commands_import_no_other_commands() -> None:
    """The rooms of `dci registry` import none of the other commands; generate uses the synthetic population."""
    found = {
        module.split(".")[1]
        for path in (_CLI / "registry").rglob("*.py")
        for module in imports(path)
        if module.startswith("dci_cli.") and not module.startswith("dci_cli.registry")
    }
    assert found <= {
        "aws",
        "command_error",
        "installation",
        "local_server",
        "numbers",
        "parallel",
        "synthetic",
        "template",
        "terminal",
    }
