"""`dci configure`: write a profile, which the commands that use the API read."""

from __future__ import annotations

import argparse
import os

from dci_cli.api import Api
from dci_cli.profiles import DEFAULT, write_profile
from dci_cli.terminal import ask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the profile, and what would be asked for. The secret is no option: other users could see it."""
    parser.add_argument(
        "--profile",
        default=os.environ.get("DCI_PROFILE") or DEFAULT,
        metavar="NAME",
        help=f"the profile to write (default: DCI_PROFILE, or `{DEFAULT}`)",
    )
    parser.add_argument("--api", metavar="URL", help="the base URL of the API, the output BaseUrl of the stack")
    parser.add_argument("--client-id", metavar="ID", help="the client that sends the requests")


def run(options: argparse.Namespace) -> int:
    """Ask for what no option gives, and for the secret, which is not echoed. Raises CommandError."""
    url = options.api or ask("The API's URL: ")
    Api(url)  # checks it before the secret is typed
    client_id = options.client_id or ask("The client's id: ")
    secret = ask("The client's secret: ", is_secret=True)
    path = write_profile(options.profile, {"api": url, "client_id": client_id, "client_secret": secret})
    print(f"The profile {options.profile} is in {path}. Check it with `dci doctor{_option(options.profile)}`.")
    return 0


def _option(profile: str) -> str:
    return "" if profile == DEFAULT else f" --profile {profile}"
