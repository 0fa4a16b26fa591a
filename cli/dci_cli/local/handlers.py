"""The functions' handlers, loaded by the names that the template gives them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from dci_cli.command_error import CommandError

if TYPE_CHECKING:
    from dci_common.runtime import LambdaHandler


def load_handler(dotted: str) -> LambdaHandler:
    """Return the handler with a name such as `dci_search.app.handler`. Raises CommandError for an unknown name."""
    name, _, attribute = dotted.rpartition(".")
    try:
        module = importlib.import_module(name) if name else None
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise  # the handler exists, and a module that it imports does not
        module = None
    handler: LambdaHandler | None = getattr(module, attribute, None)
    if handler is None:
        raise CommandError(f"The template's handler {dotted} is in none of the functions.")
    return handler
