"""`/docs/`, where partners read about the API and try it; it needs no configuration."""

from __future__ import annotations

from dci_common.edge.http import Request, Response
from dci_common.errors import NotFound

# Swagger UI makes HTML of the descriptions in /openapi.json, so it cannot do with Trusted Types, as the console does.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def document_headers() -> dict[str, str]:
    """Return the headers that keep the page from all but its own files and its own API."""
    return dict(_HEADERS)


def to_documents(request: Request) -> Response:
    """Lead a browser from `/` to the page. Raises NotFound for programs, which do not ask for HTML."""
    if not _takes_html(request.headers.get("accept", "")):
        raise NotFound("There is nothing at this path; the API's paths are in its documentation.")
    return Response(302, "", {"Location": "/docs/", "Vary": "Accept"})


def _takes_html(accepted: str) -> bool:
    """Return whether `Accept` names HTML, without the weight 0."""
    for one in accepted.lower().split(","):
        media, *parameters = (part.replace(" ", "") for part in one.split(";"))
        if media == "text/html":
            return not any(parameter in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for parameter in parameters)
    return False
