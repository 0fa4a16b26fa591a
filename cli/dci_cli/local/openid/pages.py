"""The pages of the local provider: HTML without scripts, under a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from dci_cli.local.openid.people import PEOPLE

_STYLE = (
    "body{font:1.1em/1.5 sans-serif;margin:3em auto;max-width:30em;padding:0 1em}"
    "button{display:block;font:inherit;margin:.6em 0;padding:.5em 1em;text-align:left;width:100%}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
Response = dict[str, Any]


def choice(action: str, request_id: str, redirect_uri: str) -> Response:
    """Return the page that lists the people. The form leads to `action`, and from there to the redirect URI only."""
    buttons = "".join(
        f'<button name="person" value="{person.subject}">{escape(person.name)}: {escape(", ".join(person.groups))}'
        "</button>"
        for person in PEOPLE.values()
    )
    body = (
        f'<form method="post" action="{action}">'
        f'<input type="hidden" name="request" value="{escape(request_id)}">{buttons}</form>'
    )
    parts = urlsplit(redirect_uri)
    return _page("Sign in as", body, HTTPStatus.OK, f"'self' {parts.scheme}://{parts.netloc}")


def problem(sentence: str) -> Response:
    """Return the page of a request that cannot be answered, and is not redirected."""
    return _page("You cannot sign in", f"<p>{escape(sentence)}</p>", HTTPStatus.BAD_REQUEST, "'none'")


def plain(status: int, body: str, headers: Mapping[str, str]) -> Response:
    """Return a response without a page, which is not kept by the browser."""
    return {"statusCode": int(status), "headers": {**_COMMON, **headers}, "body": body}


_COMMON = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _page(title: str, body: str, status: HTTPStatus, targets: str) -> Response:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
    }
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<main><h1>{title}</h1>{body}</main></html>\n"
    )
    return plain(status, html, headers)
