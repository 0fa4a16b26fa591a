"""What `dci doctor --json` finds at a server, asked as one of its clients."""

from __future__ import annotations

import json

from support.server_process import ServerProcess


def outcomes(output: str) -> dict[str, dict[str, str]]:
    """Return the findings of `--json` by check."""
    return {finding["check"]: finding for finding in json.loads(output)["findings"]}


def as_client(local_server: ServerProcess, who: str) -> tuple[str, ...]:
    """Return the options that ask as a client of the credentials file."""
    client = local_server.credentials[who]
    return (
        *("--client-id", client["client_id"], "--client-secret", client["client_secret"]),
        *("--sender-id", client["sender_id"]),
    )


def with_outcome(findings: dict[str, dict[str, str]], outcome: str) -> set[str]:
    """Return the checks that ended so."""
    return {check for check, finding in findings.items() if finding["outcome"] == outcome}
