"""The console function's routes: the files of the console, of `/docs/` and `/openapi.json`; none is secret."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dci_common.edge.application import Endpoint, Resource, application
from dci_common.edge.http import Request, Response
from dci_common.errors import NotFound
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler
from dci_console.documents import document_headers, to_documents
from dci_console.pages import moved, security_headers, unconfigured_page
from dci_console.static_files import StaticFiles, is_file_name

if TYPE_CHECKING:
    from dci_common.settings import Settings

_PACKAGED = Path(__file__).with_name("files")  # in an artifact and in a wheel
_SOURCES = Path(__file__).parents[3] / "console"  # in a checkout
_INDEX = "index.html"
_DOCS = "docs/"  # the part of the folder with an address of its own
_DESCRIPTION = f"{_DOCS}openapi.json"  # which `make openapi` generates from the models


def create_app(runtime: Runtime, folder: Path | None = None) -> LambdaHandler:
    """Build the function: `/console/`, `/docs/`, what is below them, `/openapi.json`, and `$default`.

    A page is at the address with the slash. By which route API Gateway sends that is not documented, so each of them
    has the page: a redirect to it might have no end. `folder` has other files.
    """
    settings = runtime.settings
    is_packaged = _PACKAGED.is_dir()
    files = StaticFiles(folder or (_PACKAGED if is_packaged else _SOURCES), is_kept=is_packaged)

    def gets(endpoint: Endpoint, headers: Mapping[str, str]) -> Resource:
        return Resource({"GET": endpoint, "HEAD": endpoint}, headers=headers)

    consoles, documents = security_headers(settings), document_headers()
    page, document = partial(_console, files, settings), partial(_document, files)
    return application(
        {
            "/": gets(to_documents, documents),
            "/console": gets(page, consoles),
            "/console/{proxy+}": gets(page, consoles),
            "/docs": gets(document, documents),
            "/docs/{proxy+}": gets(document, documents),
            "/openapi.json": gets(lambda request: files.respond(request, _DESCRIPTION), documents),
        },
        runtime,
    )


def _console(files: StaticFiles, settings: Settings, request: Request) -> Response:
    """Return a file of `/console/`; for all else that may be an address of a page, the one page. Raises NotFound."""
    path = request.parameters.get("proxy", "")
    if path == "config.json":
        return Response.of(200, configuration(settings))
    if not files.has(path):
        if is_file_name(path):
            raise NotFound("The console has no such file.")
        path = _INDEX  # which shows the page of this address
    elif address := _other_address(path):
        return moved(address)
    if path == _INDEX and not settings.console_application:
        return unconfigured_page()
    return files.respond(request, path)


def _document(files: StaticFiles, request: Request) -> Response:
    """Return a file of `/docs/`. Raises NotFound."""
    name = request.parameters.get("proxy", "")
    if name == _INDEX:
        return moved(f"/{_DOCS}")
    path = f"{_DOCS}{name or _INDEX}"
    if not files.has(path):
        raise NotFound("The API's description has no such file.")
    return files.respond(request, path)


def _other_address(path: str) -> str:
    """Return where a file is, if not at its own path below /console/; empty if it is there."""
    if path == _INDEX:
        return "/console/"
    return f"/{path.removesuffix(_INDEX)}" if path.startswith(_DOCS) else ""


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
