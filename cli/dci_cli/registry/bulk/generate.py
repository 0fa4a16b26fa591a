"""`dci registry generate`: generate a synthetic population, as JSON Lines.

The same `--households` and `--seed` give the same population. Ages, household sizes and poverty scores have realistic
distributions. Memory use is constant. The data describes no real person.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TextIO

from dci_cli.command_error import CommandError
from dci_cli.registry.support.json_lines import write_line
from dci_cli.registry.support.output_file import add_output, open_output
from dci_cli.synthetic.population import population


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--households", type=int, required=True, metavar="N", help="how many households; each has about 4.3 people"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="any number; the same one gives the same population (default: 1)",
    )
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Write the population, and its size to stderr. Raises CommandError."""
    if options.households < 1:
        raise CommandError("--households must be at least 1.")
    with open_output(options.output) as file:
        counts = write(file, options.households, options.seed)
    people, groups, memberships = (counts[name] for name in ("person", "group", "membership"))
    print(f"{people:,} people, {groups:,} groups, {memberships:,} memberships", file=sys.stderr)
    return 0


def write(file: TextIO, households: int, seed: int) -> Counter[str]:
    """Write a population, and return the numbers of people, groups and memberships."""
    counts: Counter[str] = Counter()
    for name, fields in population(households, seed):
        counts[name] += 1
        file.write(write_line(name, fields))
    return counts
