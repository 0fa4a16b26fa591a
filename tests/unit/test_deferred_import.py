"""Modules that are left out of a cold start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from support.deployment import functions
from support.events import ROOT

ROOM = "dci_common.signatures."
LOADS_A_MODEL = """
import sys, dci_common.clients.model as model
assert model.Callbacks(urls=("https://example.org",)).urls
print("importlib.metadata" in sys.modules, "cryptography.x509" in sys.modules)
"""


@pytest.mark.parametrize(("plugins", "is_imported"), [("__all__", False), ("", True), ("one-of-them", True)])
def test_functions_do_not_look_for_plugins(plugins: str, is_imported: bool) -> None:  # noqa: FBT001 - a parameter
    """Where pydantic's plugins are turned off, as in all functions, nothing is imported to look for them."""
    variables = os.environ | {"PYTHONPATH": str(ROOT / "layers/common"), "PYDANTIC_DISABLE_PLUGINS": plugins}
    done = subprocess.run(
        [sys.executable, "-c", LOADS_A_MODEL], env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(is_imported), "False"]
    for name, function in functions().items():
        assert function["Environment"]["Variables"]["PYDANTIC_DISABLE_PLUGINS"] == "__all__", name


@pytest.mark.parametrize("function", ["search", "exchange"])
def test_unsigned_messages_load_nothing_of_signatures(function: str) -> None:
    """A function starts with the policy of signatures alone: what verifies and signs waits for a signed message."""
    code = f"import sys, dci_{function}.app; print(*(name for name in sys.modules if name.startswith({ROOM!r})))"
    paths = f"{ROOT / 'layers/common'}{os.pathsep}{ROOT / 'functions' / function}"
    variables = os.environ | {"PYTHONPATH": paths, "POWERTOOLS_SERVICE_NAME": "test"}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"{ROOM}policy"]
