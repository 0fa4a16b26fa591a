"""`dci registry delete`: delete a person, a group, or a membership.

A record is deleted with its memberships, its index entries and its part in other records. Only an import restores it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from dci_cli.command_error import CommandError
from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.operator_audit import OperatorAudit, add_audit
from dci_cli.registry.support.record_lookup import ID_OR_IDENTIFIER, find_record
from dci_cli.registry.support.registry_table import add_table, registry_command, runtime_of
from dci_cli.terminal import confirm
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.periods import period_text
from dci_common.registry.storage.keys import NO_START, record_pk
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.registry.write.writer import RegistryWriter

_UNFINISHED = "Run the same command again: what was deleted stays deleted, and the rest is deleted then."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the record or membership, and `--yes`."""
    add_table(parser)
    add_audit(parser)
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("record", metavar="RECORD", nargs="*", default=[], help=ID_OR_IDENTIFIER)
    subject.add_argument(
        "--membership",
        nargs="+",
        metavar=("PERSON GROUP", "START"),
        help="delete the membership of this person in this group; if there are several periods, the one with this "
        "start (-: without one)",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


@registry_command
def run(options: argparse.Namespace) -> int:
    """Delete the record or membership. Raises CommandError."""
    runtime = runtime_of(options)
    audit = OperatorAudit.of(options, runtime, "delete")
    writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
    try:
        if options.membership:
            person_id, group_id, start = _membership(options.membership)
            writer.check_membership(person_id, group_id, start)  # before anything is recorded
            description = f"the person {person_id}'s membership of the group {group_id}"
            if start is not None:
                description += f" {period_text({'start': start} if start else {})}"
            confirm(f"Delete {description}", "deleted", assumed=options.yes)
            keys = [record_pk(Kind.PERSON, person_id), record_pk(Kind.GROUP, group_id)]
            with interruptible(_UNFINISHED), audit.recorded(keys):
                writer.delete_membership(person_id, group_id, start)
        else:
            stored = find_record(RegistryStore(runtime), options.record)
            description = _describe(stored)
            confirm(f"Delete {description}", "deleted", assumed=options.yes)
            with interruptible(_UNFINISHED), audit.recorded(_keys(stored)):
                writer.delete(stored.kind, stored.id, version=stored.version)
    except WriteRefused as error:
        raise CommandError(str(error)) from error
    print(f"Deleted {description}.")
    return 0


def _keys(stored: Stored) -> Iterable[str]:
    """Return the keys of a record, and of those that lose a membership with it."""
    other, entries = (Kind.GROUP, "households") if stored.kind is Kind.PERSON else (Kind.PERSON, "members")
    return dict.fromkeys(
        [record_pk(stored.kind, stored.id), *(record_pk(other, entry["id"]) for entry in stored.view[entries])]
    )


def _membership(given: list[str]) -> tuple[str, str, str | None]:
    """Return the person, the group, and the start, if given: "" for a period without one. Raises CommandError."""
    match given:
        case [person_id, group_id]:
            return person_id, group_id, None
        case [person_id, group_id, start]:
            return person_id, group_id, "" if start == NO_START else start
    raise CommandError("--membership requires a person and a group, and a start if there are several periods.")


def _describe(stored: Stored) -> str:
    """Describe a record without its name, which could be kept in a terminal's log."""
    others = len(stored.view["households" if stored.kind is Kind.PERSON else "members"])
    return f"the {stored.kind.lower()} {stored.id} with {others} membership{'s'[: others != 1]}"
