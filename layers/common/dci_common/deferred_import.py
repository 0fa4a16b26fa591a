"""Modules that a library imports and the functions do not use: their import is deferred, or left out."""

from __future__ import annotations

import os
import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType

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


def leave_out_plugins() -> None:
    """Spare pydantic the module that looks for its plugins, where PYDANTIC_DISABLE_PLUGINS turns them off.

    It imports importlib.metadata, with zipfile and csv: a thirtieth of a cold start.
    """
    if os.environ.get("PYDANTIC_DISABLE_PLUGINS") == "__all__" and _PLUGIN_LOADER not in sys.modules:
        loader = sys.modules[_PLUGIN_LOADER] = ModuleType(_PLUGIN_LOADER)
        vars(loader)["get_plugins"] = tuple  # what it returns when they are turned off
