"""`dci logout`: forget the tokens of the person who is signed in, and revoke them at the provider."""

from __future__ import annotations

import argparse
import sys

from dci_cli.api import Api
from dci_cli.command_error import CommandError
from dci_cli.connection import connection_of
from dci_cli.sign_in.options import add_sign_in_options
from dci_cli.sign_in.provider import discover, revoke
from dci_cli.sign_in.store import SignIn, forget_tokens


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the API."""
    add_sign_in_options(parser)


def run(options: argparse.Namespace) -> int:
    """Forget the tokens, then revoke them; a provider that does not answer is reported. Raises CommandError."""
    url = Api(connection_of(options).api).base_url
    found = forget_tokens(url)
    if found is None:
        print(f"Nobody is signed in for {url}.")
        return 0
    if not _is_revoked(found):
        print(
            "The provider has not revoked the tokens: a copy of them can be used until they end.",
            file=sys.stderr,
        )
    print(f"You are signed out for {url}. Your browser may still be signed in at the provider.")
    return 0


def _is_revoked(sign_in: SignIn) -> bool:
    try:
        return revoke(discover(sign_in.issuer), sign_in.application, sign_in.refresh_token or sign_in.access_token)
    except CommandError:
        return False
