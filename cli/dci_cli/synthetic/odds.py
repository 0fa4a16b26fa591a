"""The distributions of the synthetic population, in percent."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

from dci_common.registry.model.base import MaritalStatus

T = TypeVar("T")


def _odds(percent: Mapping[T, int]) -> tuple[T, ...]:
    """Repeat each option in a tuple by its share, so that a draw is one lookup."""
    return tuple(option for option, share in percent.items() for _ in range(share))


def pick(draw: random.Random, options: Sequence[T]) -> T:
    """Draw one of equally likely options (`random.choice` takes three times as long)."""
    return options[int(draw.random() * len(options))]


def chance(draw: random.Random, percent: float) -> bool:
    """Return True with this probability."""
    return draw.random() * 100 < percent


HOUSEHOLD_SIZES = _odds({1: 10, 2: 14, 3: 16, 4: 18, 5: 15, 6: 11, 7: 7, 8: 4, 9: 2, 10: 1, 11: 1, 13: 1})
COMMUNITIES = _odds({0: 26, 1: 22, 2: 18, 3: 12, 4: 12, 5: 10})  # by their index in demo_names.COMMUNITIES
ROOFS = (_odds({"thatch": 60, "iron": 35, "tile": 5}), _odds({"thatch": 8, "iron": 62, "tile": 30}))  # poor, others
STREETS = ("Market Road", "River Road", "School Road", "Mill Road", "Station Road", "Temple Street", "Well Lane")

SINGLE: dict[str, tuple[MaritalStatus, ...]] = {  # people without a partner, by age
    "young": _odds({"S": 90, "U": 4, "L": 3, "D": 3}),
    "grown": _odds({"S": 40, "W": 22, "D": 16, "L": 10, "U": 10, "A": 2}),
    "old": _odds({"W": 76, "S": 8, "D": 8, "L": 5, "U": 3}),
}

EDUCATION = (  # by household: poor, middle, well off
    _odds({"none": 34, "primary": 46, "secondary": 18, "tertiary": 2}),
    _odds({"none": 14, "primary": 38, "secondary": 40, "tertiary": 8}),
    _odds({"none": 4, "primary": 18, "secondary": 48, "tertiary": 30}),
)
EMPLOYMENT = _odds({"self_employed": 44, "employed": 28, "family_worker": 10, "unemployed": 8, "not_working": 10})
OCCUPATIONS = {  # by education
    "none": _odds({"farmer": 52, "labourer": 26, "herder": 12, "fisher": 10}),
    "primary": _odds({"farmer": 42, "labourer": 20, "trader": 16, "driver": 8, "tailor": 8, "fisher": 6}),
    "secondary": _odds({"trader": 28, "farmer": 20, "driver": 16, "mason": 12, "clerk": 14, "caregiver": 10}),
    "tertiary": _odds({"teacher": 34, "clerk": 24, "nurse": 18, "engineer": 14, "manager": 10}),
}
EARNINGS = {
    "none": 0.0,
    "primary": 0.25,
    "secondary": 0.6,
    "tertiary": 1.2,
}  # what education adds to the logarithm of income

LIMITATIONS = _odds({"MOB_SS": 34, "VIS_SS": 24, "HEAR_SS": 16, "COG_SS": 12, "SC_SS": 8, "COM_SS": 6})
SEVERITIES = _odds({"2": 50, "3": 35, "4": 15})
LANGUAGES = {
    "coastal_region": "fil",
    "central_region": "sw",
    "northern_region": "ar",
    "mountain_region": "ne",
    "highland_region": "am",
    "river_region": "vi",
}
