"""How OpenSPP's data is to be read: what an operator decides, because the database does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `dci registry follow openspp`.

    `names` gives names to codes: types of identifiers, sexes and other codes (`--map`). `time_zone` is the country's,
    in which the day of a moment is taken. `restricted_tag` is the name or code of the tag of people who need
    protection; an empty one means that nobody is restricted by the source. `attributes` are the columns that become
    additional attributes; one of a country may also fill a field, as `fields` says: `x_cst_indv_disability` to
    `is_disabled`. `poverty` is the name of the score: of `PMT` (17), or a model's code (OpenSPP2). `income` is the period
    of OpenSPP's incomes, `year` or `month`; without it they are left out, because the registry's are of a year.
    `area_levels` are the address's fields that a registrant's areas fill from the largest down, if they have no
    address; "" leaves a level out. `system_ids` keeps OpenSPP2's own UUID of each registrant as an identifier.
    """

    prefix: str = "p"
    names: Mapping[str, str] = field(default_factory=dict)
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    keep_disabled: bool = False
    restricted_tag: str = ""
    attributes: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    poverty: str = ""
    income: str = ""
    area_levels: tuple[str, ...] = ()
    system_ids: bool = False
