"""`dci login`: sign in as a person, with the authorization code flow and PKCE, in a browser on this machine."""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import time
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from dci_cli.api import Api
from dci_cli.command_error import CommandError
from dci_cli.connection import connection_of
from dci_cli.local_server import default_credentials
from dci_cli.profiles import DEFAULT, check_name, has_profile, read_profile, write_profile
from dci_cli.sign_in.callback import Callback, listening
from dci_cli.sign_in.options import add_sign_in_options
from dci_cli.sign_in.provider import Provider, Tokens, discover, printable, request_tokens, revoke
from dci_cli.sign_in.store import SignIn, read_sign_in, write_sign_in

DEFAULT_PORT = 18245  # which the template's user pool knows too
_WAIT_SECONDS = 300
_MEMBERS = ("issuer", "application", "scope", "resource", "redirect_uri")
_NAMES = ("name", "preferred_username", "username", "email", "sub")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the API, the provider, and how the browser comes back. What is not given is as at the last login."""
    add_sign_in_options(parser)
    parser.add_argument(
        "--issuer",
        default=os.environ.get("DCI_ISSUER"),
        metavar="URL",
        help="the issuer of the OpenID provider, the deployment's OperatorIssuer (or DCI_ISSUER)",
    )
    parser.add_argument(
        "--application",
        default=os.environ.get("DCI_APPLICATION"),
        metavar="ID",
        help="the client id of this command at the provider, of a public client (or DCI_APPLICATION)",
    )
    parser.add_argument("--scope", metavar="SCOPES", help="the scopes to ask for (default: openid)")
    parser.add_argument(
        "--resource", metavar="URI", help="the API at the provider, where it must be named (RFC 8707)"
    )
    parser.add_argument(
        "--redirect-uri",
        metavar="URL",
        help=f"where the browser comes back to, as registered at the provider (default: http://127.0.0.1:{DEFAULT_PORT}/callback)",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the page's URL, and open no browser")


def run(options: argparse.Namespace) -> int:
    """Sign in, check with the API that it accepts the person, and keep the tokens. Raises CommandError."""
    url = _api_url(options)
    wanted = _wanted(options, read_sign_in(url))
    provider = discover(wanted.issuer)
    tokens = _sign_in(provider, wanted, opens_browser=not options.no_browser)
    try:
        _check(url, tokens)
    except CommandError:
        with suppress(CommandError):
            revoke(provider, wanted.application, tokens.refresh_token or tokens.access_token)
        raise
    write_sign_in(url, wanted.with_tokens(tokens, time.time()))
    _keep_profile(options, url)
    print(f"You are signed in as {_name(tokens.access_token)} for {url}. `dci logout{_chosen(options)}` ends that.")
    return 0


def _api_url(options: argparse.Namespace) -> str:
    """Return the API's URL, which is not another one than in the profile. Raises CommandError."""
    if options.local is not None or not options.api:
        return Api(connection_of(options).api).base_url
    url, name = Api(options.api).base_url, _profile(options)
    if not has_profile(name):
        check_name(name)
    elif read_profile(name)["api"].rstrip("/") != url:
        raise CommandError(f"The profile {name} is of another API: leave out --api, or give another --profile NAME.")
    return url


def _keep_profile(options: argparse.Namespace, url: str) -> None:
    """Write a profile without a client for an API that was given as an option, so that other commands find it."""
    name = _profile(options)
    if options.local is None and options.api and not has_profile(name):
        write_profile(name, {"api": url})


def _chosen(options: argparse.Namespace) -> str:
    """Return the options by which another command finds the same API."""
    if options.local is not None:
        return " --local" if options.local == default_credentials() else f" --credentials {options.local}"
    return f" --profile {options.profile}" if options.profile else ""


def _profile(options: argparse.Namespace) -> str:
    return options.profile or os.environ.get("DCI_PROFILE") or DEFAULT


def _wanted(options: argparse.Namespace, last: SignIn | None) -> SignIn:
    """Return where and how to sign in. Raises CommandError when that is not known."""
    given = {name: getattr(options, name) for name in _MEMBERS}
    kept = (
        {} if last is None or given["issuer"] not in {None, last.issuer} else {n: getattr(last, n) for n in _MEMBERS}
    )
    found = {name: value if value is not None else kept.get(name, "") for name, value in given.items()}
    for name in ("issuer", "application"):
        if not found[name]:
            raise CommandError(f"The provider's {name} is missing: give --{name}; see `dci login --help`.")
    for name, value in found.items():
        if not value.isprintable():  # also what is not UTF-8
            raise CommandError(f"The value of --{name.replace('_', '-')} must be printable text.")
    found["scope"] = found["scope"] or "openid"
    found["redirect_uri"] = found["redirect_uri"] or _default_redirect(found["issuer"])
    return SignIn(**found)


def _default_redirect(issuer: str) -> str:
    # Cognito accepts no other address of this machine without TLS.
    host = "localhost" if issuer.startswith("https://cognito-idp.") else "127.0.0.1"
    return f"http://{host}:{DEFAULT_PORT}/callback"


def _sign_in(provider: Provider, wanted: SignIn, *, opens_browser: bool) -> Tokens:
    """Return the tokens of the person who signs in. Raises CommandError."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    with listening(wanted.redirect_uri, state) as callback:
        _open(_page(provider, wanted, callback, verifier, state), opens_browser=opens_browser)
        answer = callback.wait(_WAIT_SECONDS)
        redirect_uri = callback.redirect_uri
    form = {
        "grant_type": "authorization_code",
        "code": _code(provider, answer),
        "redirect_uri": redirect_uri,
        "client_id": wanted.application,
        "code_verifier": verifier,
        **({"resource": wanted.resource} if wanted.resource else {}),
    }
    return request_tokens(provider, form)


def _page(provider: Provider, wanted: SignIn, callback: Callback, verifier: str, state: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": wanted.application,
        "redirect_uri": callback.redirect_uri,
        "scope": wanted.scope,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **({"resource": wanted.resource} if wanted.resource else {}),
    }
    return f"{provider.authorization_endpoint}?{urlencode(query)}"


def _open(url: str, *, opens_browser: bool) -> None:
    is_open = opens_browser and webbrowser.open(url)
    print(
        f"Sign in {'in your browser; if no page has opened, at' if is_open else 'at'} {url}",
        file=sys.stderr,
        flush=True,
    )


def _code(provider: Provider, answer: Mapping[str, str]) -> str:
    """Return the code of an answer. Raises CommandError for an error, or for the answer of another provider."""
    issuer = answer.get("iss", "")
    if (issuer or provider.names_itself) and not hmac.compare_digest(issuer.encode(), provider.issuer.encode()):
        raise CommandError("The answer in the browser is of another provider: start again, from a new window.")
    if not answer.get("code"):
        said = printable(answer.get("error_description") or answer.get("error") or "no code").rstrip(".")
        raise CommandError(f"The provider has not signed you in: {said}.")
    return answer["code"]


def _check(url: str, tokens: Tokens) -> None:
    """Ask the API for what every role may see. Raises CommandError with its reason when it does not accept this."""
    reply = Api(url, person=lambda: tokens.access_token).get("/clients?limit=1")
    if reply.status != HTTPStatus.OK:
        reason = reply.error or f"It answered with status {reply.status}."
        raise CommandError(f"The provider has signed you in, but the API does not accept that: {printable(reason)}")


def _name(token: str) -> str:
    """Return how a token names its person, to be shown: the API has verified it."""
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        named = (claims.get(member) for member in _NAMES)
        return next(printable(name) for name in named if isinstance(name, str) and name)
    except (ValueError, IndexError, AttributeError, StopIteration):
        return "a person"
