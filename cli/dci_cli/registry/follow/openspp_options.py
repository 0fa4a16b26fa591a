"""The options of `dci registry follow openspp` that say how OpenSPP's data is to be read."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dci_cli.command_error import CommandError
from dci_cli.registry.files.file_options import read_names

if TYPE_CHECKING:
    from dci_cli.registry.follow.openspp.options import Options


def add_openspp(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("how OpenSPP's data is read")
    group.add_argument(
        "--map", type=Path, metavar="FILE", help="a CSV file with the columns value and name: a name for each code"
    )
    group.add_argument(
        "--timezone", type=_zone, default=ZoneInfo("UTC"), metavar="ZONE", help="the country's, such as Asia/Manila"
    )
    group.add_argument(
        "--keep-disabled", action="store_true", help="keep people and groups that are disabled in OpenSPP"
    )
    group.add_argument(
        "--restricted-tag", default="", metavar="TAG", help="the tag of people who need protection: restricted"
    )
    group.add_argument(
        "--attributes", type=_names, default=(), metavar="COLUMNS", help="columns that become additional attributes"
    )
    group.add_argument(
        "--field", action="append", default=[], metavar="COLUMN=FIELD", help="a column that fills a field of people"
    )
    group.add_argument("--poverty", default="", metavar="SCORE", help="the score of groups: PMT, or a model's code")
    group.add_argument(
        "--income", choices=("year", "month"), default="", help="the period of OpenSPP's incomes (default: no income)"
    )
    group.add_argument(
        "--area-levels", type=_names, default=(), metavar="FIELDS", help="the fields of addresses that areas fill"
    )
    group.add_argument("--prefix", default="p", metavar="TEXT", help="what ids begin with, before OpenSPP's (p)")
    group.add_argument("--system-ids", action="store_true", help="keep OpenSPP2's own UUIDs as identifiers")


def openspp_options(options: argparse.Namespace) -> Options:
    """Return what was given. Raises CommandError."""
    from dci_cli.registry.follow.openspp.options import Options  # noqa: PLC0415 - imported when it is used

    return Options(
        prefix=options.prefix,
        names=read_names(options.map) if options.map else {},
        time_zone=options.timezone,
        keep_disabled=options.keep_disabled,
        restricted_tag=options.restricted_tag,
        attributes=options.attributes,
        fields=dict(_fields(options.field)),
        poverty=options.poverty,
        income=options.income,
        area_levels=options.area_levels,
        system_ids=options.system_ids,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise argparse.ArgumentTypeError("give a time zone such as Asia/Manila") from error


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _fields(given: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in given:
        column, mark, name = text.partition("=")
        if not (column and mark and name):
            raise CommandError(f"--field {text} must be COLUMN=FIELD, such as x_cst_indv_disability=is_disabled.")
        yield column, name
