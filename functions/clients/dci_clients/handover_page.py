"""The pages of a handover, for the partner's officer: plain HTML that works without its one script, too."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from dci_common.edge.errors import ErrorResponse
from dci_common.edge.http import Response

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"
    "label{display:block;font-weight:bold}input{font:inherit;padding:.4rem;width:100%;box-sizing:border-box}"
    "button{font:inherit;padding:.4rem 1rem}dt{font-weight:bold}dd{margin:0 0 1rem}"
    "code{overflow-wrap:anywhere}[role=alert]{border-left:.3rem solid;padding-left:1rem}"
)
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    f"style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_FORM = """<p>Your organisation is given a client secret for the registry's API. It is shown once, on the next page,
and cannot be shown again: have the place ready where you keep it.</p>
<form method="post">
<p><label for="link">The link that you were sent</label>
<input id="link" name="link" required maxlength="2000" autocomplete="off" spellcheck="false"></p>
<p><label for="code">The code that you were given on another way</label>
<input id="code" name="code" required maxlength="50" autocomplete="off" autocapitalize="characters" \
spellcheck="false"></p>
<noscript><p>Press the button once, and wait: of two presses, the second one gets an answer without the secret, and
only that is shown.</p></noscript>
<p><button>Show the secret</button></p>
</form>"""
_COPY = '<p><button type="button" hidden>Copy the secret</button> <span role="status"></span></p>'  # for the script
_FORM_ANSWERS = {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}


def form_page(status: int, alert: str = "") -> Response:
    """Return the page that asks for the code; `alert` says what was wrong with the one that was sent."""
    said = f'<p role="alert">{escape(alert)}</p>\n' if alert else ""
    return _page(status, "A client secret for you", said + _FORM)


def refusal_page(error: ErrorResponse) -> Response:
    """Return the page of an error, with the form where another try may succeed. It repeats nothing that was sent."""
    may_retry = error.status in _FORM_ANSWERS or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if may_retry:
        response = form_page(error.status, error.message)
    else:
        response = _page(error.status, "No secret", f'<p role="alert">{escape(error.message)}</p>')
    return response._replace(headers={**response.headers, **error.headers})


def secret_page(given: Mapping[str, str]) -> Response:
    """Return the page that shows the secret; `given` is the same as JSON."""
    shown = {
        "Client": given["name"],
        "Client id": given["client_id"],
        "Token endpoint": given["token_url"],
        "Client secret": given["client_secret"],
    }
    rows = "\n".join(f"<dt>{name}</dt>\n<dd><code>{escape(value)}</code></dd>" for name, value in shown.items())
    command = f"curl --user {given['client_id']} --data grant_type=client_credentials {given['token_url']}"
    return _page(
        HTTPStatus.OK,
        "Your client secret",
        '<p role="alert">Copy the secret now. It is not shown again, and the link has ended.</p>\n'
        f"<dl>\n{rows}\n</dl>\n{_COPY}\n"
        "<p>To try it, run this command, and give the secret as the password that it asks for. It answers with an "
        f"access token.</p>\n<p><code>{escape(command)}</code></p>",
    )


def _page(status: int, title: str, content: str) -> Response:
    html = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<style>{_STYLE}</style>\n<script type="module" src="handover/handover.js"></script>\n</head>\n'
        f"<body>\n<main>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )
    return Response(status, html, {**HEADERS, "Content-Type": "text/html; charset=utf-8"})
