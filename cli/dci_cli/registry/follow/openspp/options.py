"""How OpenSPP's data is to be read: what an operator decides, because the database does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `dci registry follow openspp`.

    - `names` gives names to codes: types of identifiers, sexes and others (`--map`).
    - `time_zone` is the country's, in which the day of a moment is taken.
    - `restricted_tag` is the name or code of the tag of people who need protection; without one, OpenSPP restricts
      nobody.
    - `attributes` are columns that become additional attributes; `fields` are those that fill a field of a person:
      `x_cst_indv_disability` fills `is_disabled`.
    - `poverty` is the kind of score that is taken: `PMT` (17), or a model's code (OpenSPP2).
    - `income` is the period of OpenSPP's incomes, `year` or `month`; without it they are left out, because the
      registry's are of a year.
    - `area_levels` are the fields of the address that a registrant's areas fill from the largest down, if there is no
      address; "" leaves a level out.
    - `system_ids` keeps OpenSPP2's own UUID of each registrant as an identifier.
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
