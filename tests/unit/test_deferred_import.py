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
import sys
from dci_common.clients.log import Change
assert Change(before=1).before
print("importlib.metadata" in sys.modules, "cryptography.x509" in sys.modules)
"""
LEFT_OUT = """
import gc, sys, dci_common
was_collecting = gc.isenabled()
import aws_lambda_powertools.logging, dci_common.oauth.tokens, jwt
from aws_lambda_powertools import Metrics, Tracer
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
stand_ins = [type_.__name__ == "LeftOut" for type_ in (Metrics, Tracer, load_ssh_public_key, jwt.PyJWKClient)]
try:
    jwt.PyJWKClient("https://example.org")
except NotImplementedError:
    stand_ins.append("leave_out" in str(sys.exc_info()[1]))
from dci_common.runtime import tune_gc
tune_gc()
print(was_collecting, *stand_ins, gc.isenabled())
"""
IN_FUNCTION = {"AWS_LAMBDA_FUNCTION_NAME": "f", "POWERTOOLS_SERVICE_NAME": "test"}


def output(code: str, *folders: str, **variables: str) -> list[str]:
    """Return the words that a new process prints which sees the layer and these folders of functions."""
    paths = [str(ROOT / "layers/common"), *(str(ROOT / "functions" / folder) for folder in folders)]
    environment = {name: value for name, value in os.environ.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | variables | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(("plugins", "is_imported"), [("__all__", False), ("", True), ("one-of-them", True)])
def test_functions_do_not_look_for_plugins(plugins: str, is_imported: bool) -> None:  # noqa: FBT001 - a parameter
    """Where pydantic's plugins are turned off, as in all functions, nothing is imported to look for them."""
    assert output(LOADS_A_MODEL, PYDANTIC_DISABLE_PLUGINS=plugins) == [str(is_imported), "False"]
    for name, function in functions().items():
        assert function["Environment"]["Variables"]["PYDANTIC_DISABLE_PLUGINS"] == "__all__", name


@pytest.mark.parametrize("function", ["search", "exchange"])
def test_unsigned_messages_load_nothing_of_signatures(function: str) -> None:
    """A function starts with the policy of signatures alone: what verifies and signs waits for a signed message."""
    code = f"import sys, dci_{function}.app; print(*(name for name in sys.modules if name.startswith({ROOM!r})))"
    assert output(code, function, POWERTOOLS_SERVICE_NAME="test") == [f"{ROOM}policy"]


def test_the_token_function_builds_no_models() -> None:
    """What a token request needs is read without pydantic, whose import is a third of a cold start."""
    code = "import sys, dci_token.app, dci_token.service, dci_token.credentials; print('pydantic' in sys.modules)"
    assert output(code, "token", **IN_FUNCTION) == ["False"]


def test_a_search_starts_without_the_models_of_records() -> None:
    """What only writers need is a tenth of the search function's cold start."""
    code = "import sys, dci_search.app; print('dci_common.registry.model.records' in sys.modules)"
    assert output(code, "search", **IN_FUNCTION) == ["False"]


def test_a_function_does_without_the_modules_that_it_never_uses() -> None:
    """In Lambda, stand-ins that cannot be called replace them. Garbage is collected once the function is built."""
    assert output(LEFT_OUT, **IN_FUNCTION) == ["False", *["True"] * 6]


def test_a_laptop_has_the_whole_libraries() -> None:
    """Outside of Lambda nothing is left out, and garbage is collected as usual."""
    code = LEFT_OUT.replace('jwt.PyJWKClient("https://example.org")', "raise NotImplementedError")
    assert output(code, POWERTOOLS_SERVICE_NAME="test") == ["True", *["False"] * 5, "True"]
