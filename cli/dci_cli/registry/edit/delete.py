"""`dci registry delete`: delete a person, a group, or a membership.

With a record go its memberships, what others show of it, and what finds it. There is no way back but an import.
"""

from __future__ import annotations

import argparse

from dci_cli.command_error import CommandError
from dci_cli.confirm import confirm
from dci_cli.registry.support.record_lookup import find
from dci_cli.registry.support.table import add_table, runtime_of
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.registry.write.writer import RegistryWriter, WriteRefused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is to be deleted, and `--yes`."""
    add_table(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("id", metavar="ID", nargs="?", help="its id; PERSON#ID or GROUP#ID where both have it")
    what.add_argument("--membership", nargs=2, metavar=("PERSON", "GROUP"), help="take this person out of this group")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Delete it. Raises CommandError."""
    runtime = runtime_of(options)
    writer = RegistryWriter(runtime, SOCIAL_CATALOGUE)
    try:
        if options.membership:
            person_id, group_id = options.membership
            what = f"the person {person_id}'s membership of the group {group_id}"
            confirm(f"Delete {what}", "deleted", assumed=options.yes)
            writer.delete_membership(person_id, group_id)
        else:
            stored = find(RegistryStore(runtime), options.id)
            what = _what(stored)
            confirm(f"Delete {what}", "deleted", assumed=options.yes)
            writer.delete(stored.kind, stored.id, version=stored.version)
    except WriteRefused as refusal:
        raise CommandError(str(refusal)) from refusal
    print(f"Deleted {what}.")
    return 0


def _what(stored: Stored) -> str:
    """Say what goes, without a name: it may end up in a terminal's log."""
    others = len(stored.view["households" if stored.kind is Kind.PERSON else "members"])
    return f"the {stored.kind.lower()} {stored.id} with {others} membership{'s'[: others != 1]}"
