"""The code lists that a query may ask for in words: a sex and a marital status."""

from __future__ import annotations

from typing import get_args

from dci_common.registry.catalogue.value_types import code_list
from dci_common.registry.model.base import MaritalStatus, Sex

# A sex is also asked by its first letter, or by its code in ISO/IEC 5218, whose 9 is "not applicable".
SEX = code_list(
    "sex",
    {spelling: word for word in get_args(Sex) for spelling in (word, word[0])}
    | {"others": "other", "0": "unknown", "1": "male", "2": "female", "9": "other"},
    "male, female, other or unknown",
)
MARITAL_STATUS = code_list(
    "marital_status",
    {code.lower(): code.lower() for code in get_args(MaritalStatus)}
    | {
        "single": "s",
        "never-married": "s",
        "married": "m",
        "widow": "w",
        "widower": "w",
        "widowed": "w",
        "annulled": "a",
        "divorced": "d",
        "separated": "l",
        "legally-separated": "l",
        "unmarried": "u",
    },
    "S (single), M (married), W (widowed), A (annulled), D (divorced), L (separated) or U (unmarried)",
)
