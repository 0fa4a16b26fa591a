"""`dci registry generate`: make a synthetic population, as JSON Lines.

It is the same for the same `--households` and `--seed`; its ages, household sizes and poverty scores are distributed
as real ones are. It is made line by line, in little memory whatever its size. None of it is anybody's data.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TextIO

from dci_cli.command_error import CommandError
from dci_cli.registry.support.json_lines import write_line
from dci_cli.registry.support.output import add_output, opened
from dci_cli.synthetic.population import population


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--households", type=int, required=True, metavar="N", help="about 4.3 people each")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed is another population (1)")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Write the population, then say on standard error how many there are. Raises CommandError."""
    if options.households < 1:
        raise CommandError("--households must be at least 1.")
    with opened(options.output) as file:
        counts = write(file, options.households, options.seed)
    people, groups, memberships = (counts[name] for name in ("person", "group", "membership"))
    print(f"{people:,} people, {groups:,} groups, {memberships:,} memberships", file=sys.stderr)
    return 0


def write(file: TextIO, households: int, seed: int) -> Counter[str]:
    """Write a population, and return how many people, groups and memberships it has."""
    counts: Counter[str] = Counter()
    for name, fields in population(households, seed):
        counts[name] += 1
        file.write(write_line(name, fields))
    return counts
