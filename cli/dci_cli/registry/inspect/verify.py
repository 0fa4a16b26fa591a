"""`dci registry verify`: check that the registry is consistent; the exit status is 1 when it is not.

Each inconsistency of bodies, lookups, memberships, facets and slots is a line that names the item by its key. Keys
contain identifiers, phone numbers and e-mail addresses, so the output is personal data.
"""

from __future__ import annotations

import argparse
import sys

from dci_cli.registry.support.registry_table import add_table, pages, registry_command, runtime_of
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.storage.checker import PAGE_ITEMS, Checker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--table`."""
    add_table(parser)


@registry_command
def run(options: argparse.Namespace) -> int:
    """Print each finding."""
    count = 0
    runtime = runtime_of(options)
    for finding in Checker(runtime, SOCIAL_CATALOGUE).findings(pages(runtime, Limit=PAGE_ITEMS)):
        print(finding)
        count += 1
    found = f"{count:,} inconsistenc{'y' if count == 1 else 'ies'} found."
    print(found if count else "The registry is consistent.", file=sys.stderr)
    return 1 if count else 0
