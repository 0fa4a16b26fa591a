"""The check of the stream of the registry, which needs AWS and not the API."""

from __future__ import annotations

from dci_cli.aws import aws_errors, check_table, dynamodb_client
from dci_cli.command_error import CommandError
from dci_cli.doctor.deployment import Finding
from dci_cli.registry_stream import StreamIsOff, stream_arn

_CHECK = "stream of the registry"


def examine_stream(table: str) -> Finding:
    """Return whether changes of a registry table can be reported to subscribers."""
    try:
        check_table(table, "RegistryTable", "--table")
        with aws_errors("RegistryTable"):
            stream_arn(dynamodb_client(), table)
    except StreamIsOff as off:
        return Finding(_CHECK, "warning", off.found, off.remedy)
    except CommandError as error:
        return Finding(_CHECK, "skipped", str(error))
    return Finding(_CHECK, "ok")
