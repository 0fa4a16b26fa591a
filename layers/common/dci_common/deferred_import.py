"""Deferred import of modules that a library imports and the functions do not use."""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

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
