"""Modules that a library imports and the functions do not use: their import is deferred, or they are left out."""

from __future__ import annotations

import os
import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType

IS_FUNCTION = "AWS_LAMBDA_FUNCTION_NAME" in os.environ  # Lambda sets it; not on a laptop
_PLUGIN_LOADER = "pydantic.plugin._loader"
_THREAD_SAFE = (3, 13)  # before, two threads that use the module for the first time can see it half executed


def defer_import(name: str) -> None:
    """Execute a module only when one of its attributes is used, unless it is imported already."""
    spec = find_spec(name) if sys.version_info >= _THREAD_SAFE and name not in sys.modules else None
    if spec and spec.loader:
        spec.loader = LazyLoader(spec.loader)
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
        parent, _, child = name.rpartition(".")
        setattr(sys.modules[parent], child, module)


class LeftOut:
    """What stands for each class and function of a module that is left out; it cannot be called."""

    def __init__(self, *_: object, **__: object) -> None:
        raise NotImplementedError("Functions do without this module: see leave_out in dci_common.deferred_import.")


def leave_out(name: str) -> None:
    """Spare a function a module that its library imports and no request uses.

    Only Lambda functions do without it, and only if it is not imported yet. What the library takes from it is there,
    and cannot be called.
    """
    if IS_FUNCTION and name not in sys.modules:
        stand_in = sys.modules[name] = ModuleType(name)
        vars(stand_in)["__getattr__"] = _left_out


def _left_out(name: str) -> type[LeftOut]:
    if name.startswith("__"):  # the import system asks for some, which the stand-in does not have
        raise AttributeError(name)
    return LeftOut


def leave_out_plugins() -> None:
    """Spare pydantic the module that looks for its plugins, where PYDANTIC_DISABLE_PLUGINS turns them off.

    It imports importlib.metadata, with zipfile and csv: a thirtieth of a cold start.
    """
    if os.environ.get("PYDANTIC_DISABLE_PLUGINS") == "__all__" and _PLUGIN_LOADER not in sys.modules:
        loader = sys.modules[_PLUGIN_LOADER] = ModuleType(_PLUGIN_LOADER)
        vars(loader)["get_plugins"] = tuple  # what it returns when they are turned off
