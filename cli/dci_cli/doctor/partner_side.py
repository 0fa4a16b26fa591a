"""`dci doctor --partner`: what a partner runs, checked by the partner, or by the operators from its registration."""

from __future__ import annotations

import argparse
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dci_cli.api import Api
from dci_cli.clients.clients_api import ClientsApi, ClientView
from dci_cli.command_error import CommandError
from dci_cli.doctor import client_checks, public_checks
from dci_cli.doctor.certificate import check_certificate
from dci_cli.doctor.deployment import Check, CheckFailed, CheckProblem, CheckSkipped, Deployment, Finding
from dci_cli.doctor.examination import examine
from dci_cli.doctor.partner_checks import examine_message, message_steps
from dci_cli.doctor.partner_keys import check_keys, keys_of_file, registered_keys
from dci_cli.doctor.receiver import check_receiver
from dci_common.outbound.http_client import HttpClient
from dci_common.outbound.network import new_tls_context
from dci_common.settings import Settings

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})
Step = Callable[[], str]


class PartnerSide(NamedTuple):
    """What a partner has. `receivers` are addresses by the names of their checks; what is empty is not checked."""

    receivers: Mapping[str, str]
    client: ClientView
    keys_file: Path | None = None
    callback_token: str = ""

    @property
    def dialect(self) -> str:
        """The dialect of its signatures."""
        return str(self.client["flags"]["dialect"])

    def with_keys(self) -> ClientView:
        """Return its registration, with the keys of a file in place of the registered ones. Raises CheckFailed."""
        return {**self.client, "jwks": keys_of_file(self.keys_file)} if self.keys_file else self.client


def examine_partner(deployment: Deployment, options: argparse.Namespace) -> Iterator[Finding]:
    """Yield the findings of a client's side, or of the caller's own where no client is named. Raises CommandError."""
    http_client = _http_client_of(deployment.api)
    if options.partner and options.message:
        client = ClientsApi(deployment.api).find(options.partner)
        yield from examine_message(client, options.message, http_client, time.time())
    elif options.partner:
        yield from _side_findings(_registered_side(deployment.api, options.partner), http_client, None)
    elif options.message and not (options.dialect and options.sender_id):
        raise CommandError("--message needs --dialect, in which your software signs, and --sender-id.")
    else:
        yield from examine(deployment, _own_checks())
        yield from _side_findings(_own_side(options), http_client, options.message)


def _own_side(options: argparse.Namespace) -> PartnerSide:
    """Return what the options of a partner name."""
    flags = {"signature": "required", "dialect": options.dialect}
    client: ClientView = {"sender_id": options.sender_id, "flags": flags, "jwks_uri": options.jwks_uri}
    token = os.environ.get("DCI_CALLBACK_TOKEN", "")
    return PartnerSide({"callback receiver": options.callback_url}, client, options.jwks, token)


def _registered_side(api: Api, name: str) -> PartnerSide:
    """Return what a client has registered. Raises CommandError."""
    client = ClientsApi(api).find(name)
    callbacks: Mapping[str, Any] = client.get("callbacks") or {}
    receivers = {
        "callback receiver": callbacks.get("default_url", ""),
        "notification receiver": callbacks.get("notify_url", ""),
    }
    token = os.environ.get("DCI_CALLBACK_TOKEN", "")
    return PartnerSide({name: url for name, url in receivers.items() if url}, client, None, token)


def _http_client_of(api: Api) -> HttpClient:
    """Return a client as the registry's own; it reaches plain HTTP on this machine if the registry is here too."""
    is_local = urlsplit(api.base_url).hostname in _THIS_MACHINE
    return HttpClient(Settings(callback_test_origins=_THIS_MACHINE if is_local else frozenset()))


def _side_findings(side: PartnerSide, http_client: HttpClient, message: Path | None) -> Iterator[Finding]:
    """Yield what is found of the receivers and the keys, and of a message that was signed with them."""
    steps: dict[str, Step] = {
        **_registration(side),
        **dict(_receiver_steps(side, http_client)),
        "key set": partial(_keys, side, http_client),
    }
    for name, step in steps.items():
        yield _finding(name, step)
    if message:
        try:
            client = side.with_keys()
        except CheckFailed:
            return  # which the key set has reported
        for name, step in message_steps(client, message, http_client, time.time()).items():
            yield (finding := _finding(name, step))
            if finding.outcome != "ok":
                return


def _own_checks() -> dict[str, Check]:
    """Return the checks of the way from a partner to the registry."""
    from_here = {name: public_checks.CHECKS[name] for name in ("health", "clock")}
    as_client = {name: client_checks.CHECKS[name] for name in ("token", "issuer", "token time", "search")}
    return {**from_here, "certificate": _certificate, **as_client}


def _certificate(deployment: Deployment) -> str:
    return check_certificate(deployment.api.base_url, deployment.clock(), ssl.create_default_context)


def _receiver_steps(side: PartnerSide, http_client: HttpClient) -> Iterator[tuple[str, Step]]:
    sender_id, token = str(side.client["sender_id"]), side.callback_token
    for name, url in side.receivers.items():
        if url:
            yield name, partial(_receiver, url, token, sender_id, http_client)
            yield f"{name}'s certificate", partial(_receivers_certificate, url)
        else:
            yield name, _no_receiver


def _receiver(url: str, token: str, sender_id: str, http_client: HttpClient) -> str:
    return check_receiver(url, token, sender_id, http_client, time.time())


def _receivers_certificate(url: str) -> str:
    return check_certificate(url, time.time(), new_tls_context)


def _no_receiver() -> str:
    raise CheckSkipped("There is no address.", "Give --callback-url URL to check your receiver.")


def _registration(side: PartnerSide) -> dict[str, Step]:
    if "client_id" not in side.client:
        return {}

    def registration() -> str:
        if side.client["status"] != "enabled":
            raise CheckFailed("The client is disabled.", "Run dci clients enable.")
        flags = side.client["flags"]
        return f"{', '.join(side.client['scopes'])}; signature {flags['signature']}, dialect {flags['dialect']}"

    return {"registration": registration}


def _keys(side: PartnerSide, http_client: HttpClient) -> str:
    client = side.with_keys()
    if not client.get("jwks") and not client.get("jwks_uri"):
        raise CheckSkipped("There is no key set.", "Give --jwks FILE or --jwks-uri URL to check your keys.")
    return check_keys(registered_keys(client.get("jwks"), client.get("jwks_uri", ""), http_client), side.dialect)


def _finding(name: str, step: Step) -> Finding:
    try:
        return Finding(name, "ok", step())
    except CheckProblem as problem:
        return Finding(name, problem.outcome, problem.found, problem.remedy)
