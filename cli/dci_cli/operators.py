"""`dci operators`: the people who administer a deployment, listed, disabled and enabled directly in ClientsTable.

It needs AWS credentials that allow it to write to the table, so that it works while no administrator can sign in.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from dci_cli.aws import OperatorRuntime, add_table_option, aws_errors, check_table
from dci_cli.command_error import CommandError
from dci_cli.local_server import add_local
from dci_cli.terminal import Column, add_json_option, confirm, print_json, print_table
from dci_common.clients.items import log_item
from dci_common.clients.log import OPERATOR, Change, LogEntry
from dci_common.clients.proposals import propose_operator
from dci_common.operators.store import OperatorStore, StoredOperator, status_update
from dci_common.settings import Settings
from dci_common.timestamps import timestamp

_COLUMNS = ("name", "email", "roles", "status", "last_seen", "id")
_LONG = {"name", "email", "roles"}


@dataclass(frozen=True, slots=True)
class OperatorList:
    """The command that lists operators."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the table and `--json`."""
        _add_table(parser)
        add_json_option(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Print the operators. Raises CommandError."""
        with aws_errors("ClientsTable"):
            found = [operator._asdict() for operator in OperatorStore(_runtime(options)).all()]
        if options.json:
            print_json(found)
        else:
            rows = [[_text(operator[column]) for column in _COLUMNS] for operator in found]
            print_table([Column(column.replace("_", " "), wraps=column in _LONG) for column in _COLUMNS], rows)
        return 0


@dataclass(frozen=True, slots=True)
class OperatorChange:
    """A command that gives an operator a status; `question` is asked first. Enabling waits for a second person."""

    status: Literal["enabled", "disabled"]
    question: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the operator, the table and `--yes`."""
        _add_table(parser)
        parser.add_argument("operator", metavar="OPERATOR", help="the id, e-mail address or name in the list")
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
        if self.status == "enabled":
            parser.add_argument(
                "--at-once",
                action="store_true",
                help="wait for no approval: where nobody can approve, or Approvals is off; it is in the log",
            )

    def run(self, options: argparse.Namespace) -> int:
        """Change the operator. Raises CommandError.

        The question has the id, since anyone may have any name at the provider.
        """
        runtime = _runtime(options)
        with aws_errors("ClientsTable"):
            operator = _find(OperatorStore(runtime), options.operator)
            if operator.status == self.status:
                print(f"{operator.name or operator.id} is {self.status} already.")
                return 0
            confirm(f"{self.question} {_described(operator)}", self.status, assumed=options.yes)
            if self.status == "enabled" and not options.at_once:
                print(_propose(runtime, operator))
                return 0
            _set_status(runtime, operator, self.status)
        print(f"{operator.name or operator.id} is {self.status}: changes at once, everything else within a minute.")
        return 0


def _add_table(parser: argparse.ArgumentParser) -> None:
    add_local(parser)
    add_table_option(parser, "--clients-table", "ClientsTable")


def _runtime(options: argparse.Namespace) -> OperatorRuntime:
    check_table(options.clients_table, "ClientsTable", "--clients-table or CLIENTS_TABLE, or use --local")
    return OperatorRuntime(Settings(clients_table=options.clients_table))


def _find(store: OperatorStore, text: str) -> StoredOperator:
    """Return the operator whom a text names; one by an id may not have come yet. Raises CommandError."""
    issuer, separator, subject = text.partition("#")
    if separator and subject and issuer.startswith("https://"):
        return store.find(text) or StoredOperator(text, "", "", "", (), "", "", 0)
    found = [operator for operator in store.all() if text in {operator.id, operator.email, operator.name}]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(f"{len(found)} operators are named {text}: give the id of one, from dci operators list.")
    raise CommandError(
        f"No operator is named {text}: give an id, e-mail address or name from dci operators list, or the issuer and"
        " the subject of a person who has not signed in yet, as in https://accounts.example.org#1234."
    )


def _set_status(runtime: OperatorRuntime, operator: StoredOperator, status: Literal["enabled", "disabled"]) -> None:
    """Change the status with an entry in the log, unless it was changed meanwhile. Raises CommandError."""
    update: Any = {"TableName": runtime.settings.clients_table, **status_update(operator, status)}
    entry = LogEntry(
        client_id=operator.id,
        at=timestamp(runtime.clock()),
        by=OPERATOR,
        act="operator_enabled" if status == "enabled" else "operator_disabled",
        version=operator.version + 1,
        name=operator.name or None,
        changes={"status": Change(before=operator.status or None, after=status)},
    )
    log: Any = {"TableName": runtime.settings.clients_table, "Item": log_item(entry)}
    try:
        runtime.dynamodb.transact_write_items(TransactItems=[{"Update": update}, {"Put": log}])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "TransactionCanceledException":
            raise
        raise CommandError("The operator was changed or seen at this very moment: try again.") from error


def _propose(runtime: OperatorRuntime, operator: StoredOperator) -> str:
    """Store that an operator is to be enabled, and return what to do next."""
    proposal = propose_operator(runtime, operator)
    return (
        f"{_described(operator)} is still disabled: an approver must approve it within seven days, with"
        f" `dci approvals approve {proposal.approval_id}`."
    )


def _described(operator: StoredOperator) -> str:
    return f"{operator.name} ({operator.id})" if operator.name else operator.id


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " ".join(value)


list_operators = OperatorList()
disable = OperatorChange("disabled", "Reject every request of")
enable = OperatorChange("enabled", "Accept the requests again of")
