"""`dci doctor`: its options, the checks one by one, and what is printed."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from dci_cli.api import Api, add_api_options, api_of
from dci_cli.command_error import CommandError
from dci_cli.doctor import client_checks, public_checks
from dci_cli.doctor.deployment import NOT_OURS, Deployment, Symptom

_NARROW, _WIDE = 80, 120


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `mend` says what to do about it."""

    check: str
    outcome: Literal["ok", "warning", "failed", "skipped"]
    found: str = ""
    mend: str = ""


def add_doctor(parser: argparse.ArgumentParser) -> None:
    """Add the options of `dci doctor`."""
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
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def doctor(options: argparse.Namespace) -> int:
    """Print what every check found; 1 when one failed. Raises CommandError when it is not said which API."""
    api = api_of(options)
    patient = Deployment(api, options.client_id, options.sender_id, options.rotation_days, time.time)
    findings = list(examine(patient))
    print(as_json(api, findings) if options.json else as_table(findings, shutil.get_terminal_size().columns))
    return int(any(finding.outcome == "failed" for finding in findings))


def examine(patient: Deployment) -> Iterator[Finding]:
    """Make every check; where nobody answers the first, none of the others."""
    for number, (name, check) in enumerate((public_checks.CHECKS | client_checks.CHECKS).items()):
        try:
            yield Finding(name, "ok", check(patient) or "")
        except Symptom as symptom:
            yield Finding(name, symptom.outcome, symptom.found, symptom.mend)
        except CommandError as problem:
            yield Finding(name, "failed", str(problem), "Check the URL, its name in DNS and its certificate.")
            if number == 0:
                return
        except (AttributeError, LookupError, TypeError, ValueError):
            yield Finding(name, "failed", "The answer does not have the shape of the API's.", NOT_OURS)


def as_json(api: Api, findings: Sequence[Finding]) -> str:
    """Write the findings for programs."""
    return json.dumps({"api": api.base_url, "findings": [asdict(finding) for finding in findings]}, indent=2)


def as_table(findings: Sequence[Finding], width: int) -> str:
    """Write the findings for people."""
    first = max(len(finding.check) for finding in findings) + 2
    head, indent = f"{'check':{first}}{'outcome':9}what was found, and how to mend it", " " * (first + 9)
    lines = [head, "-" * len(head)]
    for finding in findings:
        text = " ".join(filter(None, (finding.found, finding.mend))) or "-"
        room = max(_NARROW, min(width, _WIDE)) - len(indent)
        told = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
        lines.append(f"{finding.check:{first}}{finding.outcome:9}{told[0]}")
        lines += [indent + line for line in told[1:]]
    return "\n".join(lines)
