"""Putting off modules that libraries import and functions do without."""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

_SAFE = (3, 13)  # before, two threads that need such a module at once may meet half of it


def put_off(name: str) -> None:
    """Have a module read only when something of it is asked for, unless it is read already."""
    spec = find_spec(name) if sys.version_info >= _SAFE and name not in sys.modules else None
    if spec and spec.loader:
        spec.loader = LazyLoader(spec.loader)
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
        parent, _, child = name.rpartition(".")
        setattr(sys.modules[parent], child, module)
