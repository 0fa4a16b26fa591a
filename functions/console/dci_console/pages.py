"""The headers of all that the console function sends, and its page where nobody can sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dci_common.edge.http import Response

if TYPE_CHECKING:
    from dci_common.settings import Settings

_UNCONFIGURED = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The console is off</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/console/styles.css">
</head>
<body>
<main class="alone">
<h1>The console is off</h1>
<p>People sign in to the console with OpenID Connect. This deployment has no provider for that, or the console is not
registered there.</p>
<p>The operator of the deployment turns the console on with the parameter OperatorPool, or with OperatorIssuer and
ConsoleApplication: see docs/console.md.</p>
</main>
</body>
</html>
"""


def security_headers(settings: Settings) -> dict[str, str]:
    """Return the headers that keep a page from all but its own files, its own API and the provider."""
    provider = {_origin(settings.operator_issuer), _origin(settings.console_origin)} - {""}
    origins = " ".join(("'self'", *sorted(provider)))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src {origins}; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }


def moved(path: str) -> Response:
    """Return where a page is that was asked for by another address."""
    return Response(308, "", {"Location": path})


def unconfigured_page() -> Response:
    """Return the page that says why there is no console."""
    return Response(200, _UNCONFIGURED, {"Content-Type": "text/html; charset=utf-8"})


def _origin(url: str) -> str:
    """Return the origin of a URL as a policy names it; empty for none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
