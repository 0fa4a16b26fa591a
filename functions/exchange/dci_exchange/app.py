"""The exchange function's routes: asynchronous messages, which are acknowledged and answered later."""

from __future__ import annotations

from dci_common.edge.application import application
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function, which has no routes yet: every path is 404."""
    return application({}, runtime, prefix=runtime.settings.route_prefix)


handler = lambda_handler(create_app)
