"""`dci doctor`: check a deployment from outside, and say how to repair it."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from dci_cli.api import Api, add_api_options, api_of
from dci_cli.command_error import CommandError
from dci_cli.doctor import client_checks, public_checks
from dci_cli.doctor.deployment import Deployment, Finding
from dci_cli.doctor.examination import examine
from dci_cli.terminal import Column, add_json_option, print_json, print_table

_DIALECTS = ("openspp2", "openg2p", "opencrvs")
_COLUMNS = (Column("check"), Column("outcome"), Column("what was found, and how to fix it", wraps=True))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the API, and the options of its checks."""
    add_api_options(parser)
    parser.add_argument(
        "--sender-id",
        default=os.environ.get("DCI_SENDER_ID", ""),
        metavar="ID",
        help="the client's sender_id, for a search (default: DCI_SENDER_ID)",
    )
    parser.add_argument(
        "--rotation-days", type=int, default=30, metavar="DAYS", help="the deployment's RotationDays (default: 30)"
    )
    _add_partner_options(parser)
    parser.add_argument(
        "--table",
        default=os.environ.get("REGISTRY_TABLE", ""),
        metavar="TABLE",
        help="the deployment's RegistryTable, an output of the stack, to check its stream and the age of what it"
        " follows (default: REGISTRY_TABLE)",
    )
    parser.add_argument(
        "--audit-table",
        default=os.environ.get("AUDIT_TABLE", ""),
        metavar="TABLE",
        help="the deployment's AuditTable, an output of the stack, to check its stream (default: AUDIT_TABLE)",
    )
    add_json_option(parser)


def _add_partner_options(parser: argparse.ArgumentParser) -> None:
    partner = parser.add_argument_group("a partner's side, instead of the deployment")
    partner.add_argument(
        "--partner",
        nargs="?",
        const="",
        metavar="CLIENT",
        help="check your own side, as a partner; or, as an operator, that of a client by its id or name",
    )
    partner.add_argument("--message", type=Path, metavar="FILE", help="the whole message, as the partner sent it")
    partner.add_argument(
        "--callback-url", default="", metavar="URL", help="your receiver, which is sent an answer without a record"
    )
    keys = partner.add_mutually_exclusive_group()
    keys.add_argument("--jwks", type=Path, metavar="FILE", help="the JWK set with your public keys")
    keys.add_argument("--jwks-uri", default="", metavar="URL", help="the address at which you publish them")
    partner.add_argument("--dialect", choices=_DIALECTS, default="", help="the dialect of your signatures")


def run(options: argparse.Namespace) -> int:
    """Print what every check found; return 1 when one failed. Raises CommandError when the API's URL is missing."""
    api = api_of(options)
    findings = list(_findings(api, options))
    if options.json:
        print_json(_report(api, findings))
    else:
        print_table(_COLUMNS, map(_row, findings))
    return int(any(finding.outcome == "failed" for finding in findings))


def _findings(api: Api, options: argparse.Namespace) -> Iterator[Finding]:
    deployment = Deployment(api, api.client_id, options.sender_id, options.rotation_days, time.time)
    if options.partner is None:
        if options.message or options.callback_url or options.jwks or options.jwks_uri or options.dialect:
            raise CommandError("--message, --callback-url, --jwks, --jwks-uri and --dialect belong to --partner.")
        return chain(
            examine(deployment, public_checks.CHECKS | client_checks.CHECKS),
            _stream_findings(options.table, options.audit_table),
        )
    from dci_cli.doctor import partner_side  # noqa: PLC0415 - cryptography, for these checks alone

    return partner_side.examine_partner(deployment, options)


def _stream_findings(registry_table: str, audit_table: str) -> Iterator[Finding]:
    if not (registry_table or audit_table):
        return
    from dci_cli.doctor import follow_checks, stream_checks  # noqa: PLC0415 - boto3, for these checks alone

    if registry_table:
        yield stream_checks.examine_registry_stream(registry_table)
        if followed := follow_checks.examine_followed(registry_table):
            yield followed
    if audit_table:
        yield stream_checks.examine_audit_stream(audit_table)


def _report(api: Api, findings: Sequence[Finding]) -> dict[str, Any]:
    shown = [
        {"check": finding.check, "outcome": finding.outcome, "found": finding.found, "remedy": finding.remedy}
        for finding in findings
    ]
    return {"api": api.base_url, "findings": shown}


def _row(finding: Finding) -> Sequence[str]:
    text = " ".join(filter(None, (finding.found, finding.remedy)))
    return [finding.check, finding.outcome, text or "-"]
