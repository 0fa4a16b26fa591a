"""The rules by which a registry's values are matched and its keys made: their version, and the registry's country."""

from __future__ import annotations

from typing import NamedTuple, Self

from dci_common.registry.model import former_rules, normalize

# Version 1 knew no country, and had fewer equal forms. The keys of version 2 had room for one period of membership.
# The items of version 3 had no slots of the region.
VERSION = 4
_EQUAL_FORMS_SINCE, _PERIODS_SINCE = 2, 3


class Rules(NamedTuple):
    """How a registry's values are normalised.

    `country` (ISO 3166-1 alpha-2) is the one whose phone numbers are written in national form, or empty.
    """

    version: int = VERSION
    country: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the rules that `str` wrote."""
        version, _, country = text.partition(" ")
        return cls(int(version), country)

    def __str__(self) -> str:
        """Return the rules as they are stored."""
        return f"{self.version} {self.country}".strip()

    @property
    def has_periods(self) -> bool:
        """Whether the key of a membership has its start."""
        return self.version >= _PERIODS_SINCE

    @property
    def _has_equal_forms(self) -> bool:
        return self.version >= _EQUAL_FORMS_SINCE

    def identifier(self, value: str) -> str:
        """Return the matched form of an identifier's value."""
        return normalize.identifier(value) if self._has_equal_forms else former_rules.identifier(value)

    def phone(self, value: str) -> str:
        """Return the matched form of a phone number."""
        return normalize.phone(value, self.country) if self._has_equal_forms else former_rules.phone(value)

    def text(self, value: str) -> str:
        """Return the matched form of a name or another text."""
        return normalize.name(value) if self._has_equal_forms else former_rules.name(value)
