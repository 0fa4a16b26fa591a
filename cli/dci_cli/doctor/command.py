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
from dci_cli.doctor.deployment import WRONG_URL, CheckProblem, Deployment, Finding
from dci_cli.terminal import Column, add_json_option, print_json, print_table

_COLUMNS = (Column("check"), Column("outcome"), Column("what was found, and how to mend it", wraps=True))


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
    parser.add_argument(
        "--partner", metavar="CLIENT", help="check a message of this client, by id or name, instead of the deployment"
    )
    parser.add_argument("--message", type=Path, metavar="FILE", help="the whole message, as the partner sent it")
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
    if not options.partner and not options.message:
        deployment = Deployment(api, api.client_id, options.sender_id, options.rotation_days, time.time)
        return chain(examine(deployment), _stream_findings(options.table, options.audit_table))
    if not options.partner or not options.message:
        raise CommandError("--partner and --message belong together: the client, and the file with its message.")
    from dci_cli.doctor.partner_checks import examine_message  # noqa: PLC0415 - cryptography, for this check alone

    return examine_message(api, options.partner, options.message, time.time())


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


def examine(deployment: Deployment) -> Iterator[Finding]:
    """Yield the finding of every check; when the first gets no response, the others are not made."""
    for number, (name, check) in enumerate((public_checks.CHECKS | client_checks.CHECKS).items()):
        try:
            yield Finding(name, "ok", check(deployment) or "")
        except CheckProblem as problem:
            yield Finding(name, problem.outcome, problem.found, problem.remedy)
        except CommandError as error:
            yield Finding(name, "failed", str(error), "Check the URL, its name in DNS and its certificate.")
            if number == 0:
                return
        except (AttributeError, LookupError, TypeError, ValueError):
            yield Finding(name, "failed", "The response does not have the shape of the API's.", WRONG_URL)


def _report(api: Api, findings: Sequence[Finding]) -> dict[str, Any]:
    shown = [
        {"check": finding.check, "outcome": finding.outcome, "found": finding.found, "mend": finding.remedy}
        for finding in findings
    ]
    return {"api": api.base_url, "findings": shown}


def _row(finding: Finding) -> Sequence[str]:
    text = " ".join(filter(None, (finding.found, finding.remedy)))
    return [finding.check, finding.outcome, text or "-"]
