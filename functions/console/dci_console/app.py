"""The console function's routes: the console's files, and its configuration. Nothing of them is secret."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dci_common.edge.application import Endpoint, Resource, application
from dci_common.edge.http import Request, Response
from dci_common.errors import NotFound
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_console.pages import security_headers, unconfigured_page
from dci_console.static_files import StaticFiles, is_file_name

if TYPE_CHECKING:
    from dci_common.settings import Settings

_PACKAGED = Path(__file__).with_name("files")  # in an artifact and in a wheel
_SOURCES = Path(__file__).parents[3] / "console"  # in a checkout
_INDEX = "index.html"


def create_app(runtime: Runtime, folder: Path | None = None) -> LambdaHandler:
    """Build the function: `/console/` and all below it. `folder` has other files than the console's."""
    settings = runtime.settings
    is_packaged = _PACKAGED.is_dir()
    files = StaticFiles(folder or (_PACKAGED if is_packaged else _SOURCES), is_kept=is_packaged)

    def file(request: Request) -> Response:
        path = request.parameters.get("proxy", "")
        if path == "config.json":
            return Response.of(200, configuration(settings))
        if not files.has(path):
            if is_file_name(path):
                raise NotFound("The console has no such file.")
            path = _INDEX  # which shows the page of this address
        if path == _INDEX and not settings.console_application:
            return unconfigured_page()
        return files.respond(request, path)

    def slash(_: Request) -> Response:
        return Response(308, "", {"Location": "/console/"})

    headers = security_headers(settings)

    def gets(endpoint: Endpoint) -> Resource:
        return Resource({"GET": endpoint, "HEAD": endpoint}, headers=headers)

    return application(
        {"/console": gets(slash), "/console/": gets(file), "/console/{proxy+}": gets(file)},
        runtime,
    )


def configuration(settings: Settings) -> dict[str, str]:
    """Return what the console needs to sign people in; without a client id nobody can."""
    return {
        "issuer": settings.operator_issuer,
        "client_id": settings.console_application,
        "scopes": settings.console_scopes,
        "resource": settings.console_resource,
        "groups_claim": settings.operator_groups_claim,
    }


handler = lambda_handler(create_app)
