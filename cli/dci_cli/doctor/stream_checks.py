"""The checks of the streams of tables, which need AWS and not the API."""

from __future__ import annotations

from dci_cli.aws import aws_errors, check_table, dynamodb_client
from dci_cli.command_error import CommandError
from dci_cli.doctor.deployment import Finding
from dci_cli.table_stream import AUDIT, REGISTRY, StreamIsOff, TableStream, stream_arn


def examine_registry_stream(table: str) -> Finding:
    """Return whether changes of a registry table can be reported to subscribers."""
    return _finding("stream of the registry", REGISTRY, table, "RegistryTable", "--table")


def examine_audit_stream(table: str) -> Finding:
    """Return whether what is recorded in an audit table can be indexed."""
    return _finding("stream of the audit", AUDIT, table, "AuditTable", "--audit-table")


def _finding(check: str, wanted: TableStream, table: str, output: str, option: str) -> Finding:
    try:
        check_table(table, output, option)
        with aws_errors(output):
            stream_arn(dynamodb_client(), wanted, table)
    except StreamIsOff as off:
        return Finding(check, "warning", off.found, off.remedy)
    except CommandError as error:
        return Finding(check, "skipped", str(error))
    return Finding(check, "ok")
